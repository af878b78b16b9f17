"""ePOS-Print, XML over HTTP to receipt printers with a web server inside. Both roles."""
