"""Where is everything kept, and who may see which part of it?

`database` opens it, `repository` writes values and reads them back, `queries` answers the screens under the rule of
`access`, `sessions` knows who is signed in. Nothing outside this package speaks SQL.
"""
