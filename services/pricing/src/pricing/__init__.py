"""pricing: which price an account pays, and which products its users may see."""
