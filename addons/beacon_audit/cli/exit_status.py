"""Exit statuses that scripts may rely on."""

FINE = 0
NO = 1
INCOMPLETE = 2
UNANCHORED = 3
UNUSABLE = 4
INTERRUPTED = 130  # 128 + SIGINT
READER_GONE = 141  # 128 + SIGPIPE
