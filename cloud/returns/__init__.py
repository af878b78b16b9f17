"""Goods that came back, as headquarters sees them: what may still come back of a sale, and what came back twice."""
