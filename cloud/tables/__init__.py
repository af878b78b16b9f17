"""Tables as people keep them: CSV in the dialects spreadsheets write, and Excel workbooks; bytes to rows with line numbers.

    read_table(content, options, headings)   what stands in the file, and how it was read (encoding, delimiter, sheet)
    ColumnMap.of(row, columns)               which column holds what
    DecimalMark.of(rows, places)             comma or point, from the evidence in the file
    write_csv(...), write_xlsx(...)          the way back

Nothing is guessed silently: what was detected is part of the answer, what could be two things is refused with the remedy,
and every detection can be overruled by an option. Pure but for the bytes given; runs in any thread.
"""
