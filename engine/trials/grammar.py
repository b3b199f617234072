"""What a filter of trials may say: on the screen, in a report, and in their help."""

from __future__ import annotations

GRAMMAR = (
    ("done running failed raced waiting", "in that state"),
    ("reused manual warned", "not fitted anew, added by hand, with warnings"),
    ("method:random method:grid,random", "of that method, or of one of them; beginnings are enough"),
    ("score>=0.97 std<.01 seconds>2 delta>0 number<10", "compare so; also = and !="),
    ("lr>1e-3 penalty=l1,l2 penalty!=none", "with such a hyperparameter, named by any beginning or by initials"),
    ("f1>=0.9 epochs>10", "with such a further metric, or an attribute of a watched trial"),
    ("error:memory", "failed with a reason that contains this text"),
    ("best:10", "the ten best of those that pass everything else; best alone: the best"),
    ("!failed !method:grid", "an exclamation mark turns a term around"),
)
"""Terms, examples apart by blanks, and which trials they let pass.

Terms are separated by blanks and must all hold. Values with blanks go into double quotes. A comparison never holds for
a number that is not there, and `=` takes three figures, as the table shows them, for the number that they stand for.
"""
