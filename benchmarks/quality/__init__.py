"""How good bots are: every figure on questions that no bot was trained on and no setting chosen by.

`python -m benchmarks.quality --help` lists the parts.
"""

import os

# Read once, when torch is loaded: threads that wait shall not take the cores from those at work.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
