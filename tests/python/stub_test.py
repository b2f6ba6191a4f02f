"""The stub of the compiled module says what the module has, the package is documented, and the examples of its
docstrings are true.

    stub_test.py PROGRAM MODULE_FOLDER"""
import ast
import doctest
import inspect
import re
import unittest

import harness
import numpy

import digon
from digon import _digon

stub = ast.parse((harness.root / "python/digon/_digon.pyi").read_text())


def parameters(definition):
    return [argument.arg for argument in definition.args.args]


def signature(function):
    """The parameters by pybind11's docstring, "loss(W: numpy.ndarray[…], b: …) -> object"."""
    text = function.__doc__.splitlines()[0]
    inside = text[text.index("(") + 1:text.rindex(")")]
    while "[" in inside:
        inside = re.sub(r"\[[^\[\]]*\]", "", inside)
    return [part.split(":")[0].strip() for part in inside.split(",") if part.strip()]


def public(names):
    return {name for name in names if not name.startswith("_")}


class Stub(unittest.TestCase):
    def test_functions(self):
        stated = {node.name: node for node in stub.body if isinstance(node, ast.FunctionDef)}
        there = {name for name in public(vars(_digon)) if inspect.isbuiltin(getattr(_digon, name))}
        self.assertEqual(set(stated), there)
        for name, node in stated.items():
            self.assertEqual(parameters(node), signature(getattr(_digon, name)), name)

    def test_classes_and_values(self):
        stated = {node.name: node for node in stub.body if isinstance(node, ast.ClassDef)}
        there = {name for name in public(vars(_digon)) if inspect.isclass(getattr(_digon, name))}
        self.assertEqual(set(stated), there)
        for name in ("Law", "Counter"):
            members = {one.name for one in stated[name].body if isinstance(one, ast.FunctionDef)}
            self.assertEqual(public(members), public(vars(getattr(_digon, name))), name)
            init = next(one for one in stated[name].body if one.name == "__init__")
            self.assertEqual(parameters(init)[1:], signature(getattr(_digon, name).__init__)[1:], name)
        for name, node in stated.items():
            self.assertTrue(issubclass(getattr(_digon, name), BaseException) or not node.bases)
            for base in node.bases:
                self.assertIn(base.id, [one.__name__ for one in getattr(_digon, name).__mro__])
        values = {node.target.id for node in stub.body if isinstance(node, ast.AnnAssign)}
        others = {name for name in public(vars(_digon)) if not callable(getattr(_digon, name))}
        self.assertEqual(values, others)

    def test_the_package_is_documented(self):
        for name in digon.__all__:
            thing = getattr(digon, name)
            self.assertTrue(thing.__doc__, name)
            if inspect.isfunction(thing):
                for parameter in inspect.signature(thing).parameters.values():
                    self.assertIsNot(parameter.annotation, inspect.Parameter.empty, f"{name}({parameter})")
                self.assertIn("aises" if name not in ("zero_model_loss",) else "natural unit", thing.__doc__, name)
        own = {name for name, thing in vars(digon).items() if getattr(thing, "__module__", "") == "digon"}
        self.assertEqual(public(own) - {"Array"}, set(digon.__all__) - {"Law"})

    def test_examples(self):
        examples = [one for one in doctest.DocTestFinder().find(digon, globs={"digon": digon, "numpy": numpy})
                    if one.examples and all(example.want for example in one.examples)]
        self.assertGreaterEqual(len(examples), 3)
        for one in examples:
            runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
            runner.run(one)
            self.assertEqual(runner.failures, 0, one.name)


if __name__ == "__main__":
    harness.main()
