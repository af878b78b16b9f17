"""Promotions: rules as data, and the one evaluator that prices a basket, at the till and at headquarters alike."""
