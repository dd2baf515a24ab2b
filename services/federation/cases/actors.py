"""Who acts at the county where no person does: one actor for each part of the system.

Named by the cases beside this file and by tests. The roles are those of kernel/processes.toml,
which says what each may do; the operator is written in the act and never changes.
"""

from contracts.ledger import Actor

COUNTY = Actor(role="system:county", operator="county")
INTAKE = Actor(role="system:intake", operator="intake")
FILER = Actor(role="system:file", operator="files")
BANK_LINE = Actor(role="system:bank_line", operator="bank")
CLOSER = Actor(role="system:close", operator="close")
DEADLINE = Actor(role="system:deadline", operator="driver")
SETTLEMENT = Actor(role="system:settlement", operator="settlement")
PACKAGES = Actor(role="system:package", operator="packages")
CORRECTIONS = Actor(role="system:correction", operator="corrections")
