"""Imports: a file becomes changes in three steps, and nothing is ever half done.

    upload    the file is kept as it came                                                       state waiting
    check     the whole file is read and held against what there is: problems by line, summary  ready or refused
    apply     in one transaction or not at all; refused when things changed since the check      applied
    undo      where the kind allows it, the import as a whole                                    undone

A kind of import is one module (`prices`, `opening_stock`, `sales_history`) and one line in `kinds.KINDS`; the API, the
command line and the console's page follow from that. Above the business subjects, whose use cases it calls.
"""
