"""Results of other tools, two at a time: read and compared, never judged.

They were measured at different times, so changes of the machine are part of their difference. Only
`versus bench` measures in pairs and can separate the two.

One file reads each tool's formats, `formats.py` lists them, `shapes.py` has what they all become.
"""
