"""GS1 Tag Data Standard 2.3: what the EPC memory of a tag says, for every key a store meets, in all its spellings."""
