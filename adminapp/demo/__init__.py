"""Sample sites for a first try, and for tests of operations that fetch pages."""

from adminapp.demo.behaviours import Behaviour
from adminapp.demo.server import DemoWeb, start_demo
from adminapp.demo.sites import Site

__all__ = ["SOURCE", "Behaviour", "DemoWeb", "Site", "start_demo"]

# Where the items of a batch of sample sites come from.
SOURCE = "the sample sites"
