"""What barcode scanners say, byte by byte."""
