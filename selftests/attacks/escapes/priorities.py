"""Runs before everybody else: gives itself the first of all ordinary priorities, or asks which it could have."""

import ctypes, os
os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
