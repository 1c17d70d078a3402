from leancity.core.testing.contract import ModuleContract


class TestEarthworks(ModuleContract):
    module = "earthworks"
