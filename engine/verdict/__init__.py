"""Does tuning pay here? Tests, corrected scores, and the words for them."""
