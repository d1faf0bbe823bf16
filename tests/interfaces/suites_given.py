"""A suite that the tests of `dialog-s2s suite` are given."""

SUITE = """\
cases:
- ask: when do you open
  tags: hours
  expect: We open at nine.
- ask: do you mend bicycles
  tags: [hours, odd]
  expect: {source: unknown}
- turns:
  - ask: where are you
  - ask: and on Sunday
    expect: We are not there.
"""
