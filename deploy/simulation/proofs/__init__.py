"""What is looked at once all is quiet, a room for each kind of thing that befell phones and children.

Each has a judge, which takes plain values and writes complaints, and what fetches the values.
"""
