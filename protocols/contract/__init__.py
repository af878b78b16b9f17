"""The store-HQ contract: values, facts (store to HQ), feed rows (HQ to store), till commands and till state."""
