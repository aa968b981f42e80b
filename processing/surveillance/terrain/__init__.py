"""Ground in three dimensions: two elevation models on one grid, their difference, what it proves, volumes, depth.

``elevation`` reads one model in metres; ``alignment`` lays the newer on the older by stable ground; ``error`` says how
far the difference can be trusted; ``volume`` sums cut and fill; ``difference`` is the whole way over two models;
``depth`` holds one model against licensed levels; ``balance`` adds surveys up over time.
"""
