"""Promotions: written as data, checked against the goods, approved, published to some stores or all, replayed, recalled."""
