"""EPCIS 2.0 and CBV 2.0: what happened to which goods, told to partners: documents, strict checker, event hash id."""
