"""Units: the ERP's codes, with their UN/ECE Rec 20 code and how many decimals a quantity has."""
