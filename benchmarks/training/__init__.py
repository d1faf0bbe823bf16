"""How fast models are trained, beside peers, and how well training keeps to what it says.

    python -m benchmarks.training speed --data DIR [--peers tutorial,joeynmt,eole,hf] [--seconds 60]
    python -m benchmarks.training quality --data DIR [--seconds 15 90 600]
    python -m benchmarks.training predicted [--pairs 100 1000 10000 100000]
    python -m benchmarks.training memory --data DIR [--pairs 1000000]

Peers (`peers/`) are installed from the package registry, each in an environment of its own with the
torch that is used here; torch alone is a large download. Only the tutorial's loop needs none.
"""
