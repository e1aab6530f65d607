"""What runs inside a runtime: everything here decides outcomes and uses nothing but the standard library.

The same files are built into the WebAssembly artifact (:mod:`chainboy.sandbox.guest.build`), run by
:class:`~chainboy.sandbox.subprocess.SubprocessSandbox` in a child, and imported by tests. Changing one
of them changes the artifact: that is a new runtime name, not an edit.
"""
