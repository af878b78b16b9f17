"""GS1 identifiers as a till needs them: check digits and normalisation to 14 digits."""
