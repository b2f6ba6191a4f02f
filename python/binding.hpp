#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <Eigen/Core>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/interrupt.hpp"
#include "core/model/feature_distribution.hpp"
#include "core/model/toy_model.hpp"

// The module _digon: arrays in, arrays out, all of them C-contiguous doubles with rows that are features and
// an axis of instances, W [instances, n, m] and b [instances, n]. The package digon around it takes what
// users have and names what comes back.

namespace digon::python {

namespace py = pybind11;

using Array = py::array_t<double, py::array::c_style | py::array::forcecast>;
using Law = FeatureDistribution;
/// One law, or one an instance; kinds alike.
using Laws = std::vector<std::shared_ptr<Law>>;
using Kinds = std::vector<std::string>;

/// Steps done, counted from any thread and read by the package's progress bar.
struct Counter {
  std::atomic<std::size_t> done = 0;
  std::atomic<double> lowest = std::numeric_limits<double>::infinity();

  void note(double value) {
    for (double seen = lowest; value < seen && !lowest.compare_exchange_weak(seen, value);) {
    }
  }
};

/// The one of instance k.
template <typename T>
const T& of_instance(const std::vector<T>& one_or_each, std::size_t k) {
  return one_or_each[one_or_each.size() == 1 ? 0 : k];
}

/// The models of W [N, n, m], b [N, n] and, of an absolute value model, W_out [N, n, m] or None. Throws
/// InputError where a shape does not fit, or there is neither one law and kind nor one an instance.
std::vector<ToyModel> models_of(const Array& W, const Array& b, const py::object& W_out, const Kinds& kinds,
                                const Laws& laws);

/// W of so many models [N, n, m], and b [N, n].
Array weights_array(const std::vector<const ToyModel*>& models);
Array bias_array(const std::vector<const ToyModel*>& models);
/// Both by name, and W_out [N, n, m], or None of tied ones.
py::dict model_arrays(const std::vector<const ToyModel*>& models);

Array to_array(const Eigen::VectorXd& values);
py::object optional_number(const std::optional<double>& value);

/// What Ctrl-C does to a call in progress.
enum class Ending {
  at_once,     ///< there is nothing to keep
  orderly,     ///< interrupted() becomes true; what is not done a second later is given up
  out_of_time  ///< stop_asked() becomes true; alike
};

/// Whether Ctrl-C was pressed during the call in progress.
bool stop_asked();

/// While one lives in Python's main thread Ctrl-C is noted and handed on to Python, which hears of it
/// afterwards.
class Interruptible {
 public:
  explicit Interruptible(Ending ending);
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;
  ~Interruptible();

  /// No more signals are looked for; whether there was one.
  bool end();

 private:
  bool watching_ = false;
};

/// Raises digon.Interrupted, a KeyboardInterrupt, with what was done until then, or what a signal handler of
/// the user raises or has raised.
[[noreturn]] void raise_interrupted(const py::object& result);

/// to_python(work()), work without the GIL; raises Interrupted with it, or with None, after Ctrl-C.
template <typename Work, typename ToPython>
py::object call(Ending ending, Work work, ToPython to_python) {
  using Result = decltype(work());
  std::optional<Result> result;
  bool stopped = false;
  {
    Interruptible signals(ending);
    if (PyErr_CheckSignals() != 0) raise_interrupted(py::none());  // it came before
    const py::gil_scoped_release without_gil;
    try {
      result = work();
    } catch (const Interrupted&) {
      stopped = true;
    }
    stopped |= signals.end();
  }
  py::object object = result ? py::object(to_python(*result)) : py::none();
  if (stopped) raise_interrupted(object);
  return object;
}

// Each adds what it names to the module.
void add_losses(py::module_& module);
void add_searches(py::module_& module);
void add_singular(py::module_& module);
void add_training(py::module_& module);

}  // namespace digon::python
