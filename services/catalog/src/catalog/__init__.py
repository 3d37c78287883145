"""catalog: what can be bought, how it is described and found, and which of it somebody may see."""
