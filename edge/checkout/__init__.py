"""The till: basket (pure), the use cases of a shift and a sale, receipts and the print queue."""
