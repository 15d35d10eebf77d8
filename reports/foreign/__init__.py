"""Results of other tools, two at a time: read, laid side by side, never judged.

They were measured one after the other, so that their difference is the machine's mood as much as
the code's. Only `make bench` can tell these apart.
"""
