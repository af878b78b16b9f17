"""Several stores in one process: real sync, catalogue, label plan and checkout; no screens and no devices on a wire."""
