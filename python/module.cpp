#include <glog/logging.h>
#include <unistd.h>
#include <csignal>
#include <cstring>

#include "core/base/input_error.hpp"
#include "core/base/json.hpp"
#include "core/base/memory.hpp"
#include "core/base/simd_path.hpp"
#include "core/base/version.hpp"
#include "core/files/data_file.hpp"
#include "core/model/feature_description.hpp"
#include "python/binding.hpp"
#include "theory/loss/exact_loss.hpp"

namespace digon::python {
namespace {

// A signal handler writes these. One call at a time, that of Python's main thread, looks for signals.
std::atomic<bool> signalled = false;
std::atomic<Ending> ending_now = Ending::at_once;
struct sigaction before;

void note_signal(int signal) {
  constexpr double patience = 1.0;  // seconds
  const Ending ending = ending_now;
  if (ending != Ending::out_of_time) request_interrupt();
  give_up_in(ending == Ending::at_once ? 0.0 : patience);
  signalled = true;
  if ((before.sa_flags & SA_SIGINFO) == 0) before.sa_handler(signal);
}

bool is_main_thread() {
  return ::getpid() == ::gettid();
}

PyObject* interrupted_type = nullptr;

/// Numbers of n features: a text in the short forms of the command line, a number, or n of them.
template <typename Parse>
Eigen::VectorXd read_profile(const char* name, const py::object& given, Eigen::Index n, Parse parse) {
  if (py::isinstance<py::str>(given)) return parse(name, given.cast<std::string>(), n);
  const Array array = Array::ensure(given);
  if (!array) {
    PyErr_Clear();
    reject("{}: {} given; accepted: a number, one for each of the {} features, or a text such as '0.9^i'",
           name, std::string(py::repr(given)), n);
  }
  if (array.ndim() == 0) return parse(name, fmt::format("{}", *array.data()), n);
  if (array.ndim() != 1 || array.size() != n) {
    reject("{}: {} values given; accepted: one, or one for each of the {} features", name, array.size(), n);
  }
  return Eigen::Map<const Eigen::VectorXd>(array.data(), n);
}

std::shared_ptr<const FeatureData> read_data(const py::object& data) {
  if (py::isinstance<py::str>(data)) return load_data(data.cast<std::string>());
  const Array samples = Array::ensure(data);
  if (!samples || samples.ndim() != 2) {
    PyErr_Clear();
    reject("data: accepted: samples [T, n], or the path of a file of them");
  }
  // [T, n] row-major is exactly Eigen's column-major [n×T]. Laws are told apart by where their data are from.
  static std::size_t arrays = 0;
  return std::make_shared<FeatureData>(
      FeatureData{Eigen::Map<const Eigen::MatrixXd>(samples.data(), samples.shape(1), samples.shape(0)),
                  fmt::format("array {}", ++arrays)});
}

std::shared_ptr<Law> make_law(Eigen::Index n, const py::object& density, const py::object& sparsity,
                              const py::object& importance, const std::string& values,
                              const std::optional<std::string>& correlated,
                              const std::optional<std::string>& anticorrelated,
                              std::optional<Eigen::Index> active, const py::object& data) {
  Law law = uniform_features(n, 0.0);
  if (n < 1) reject("features: {} given; at least 1 is needed", n);
  law.importance = read_profile("importance", importance, n, parse_importance);
  law.values = parse_active_value("values", values);
  if (active) return std::make_shared<Law>(with_active(std::move(law), *active));
  if (!data.is_none()) return std::make_shared<Law>(with_data(std::move(law), read_data(data)));
  law.density = sparsity.is_none() ? read_profile("density", density, n, parse_probability)
                                   : 1.0 - read_profile("sparsity", sparsity, n, parse_probability).array();
  const auto add = [&](const char* name, const std::optional<std::string>& text, SetRelation relation) {
    if (!text) return;
    for (FeatureSet& set : parse_sets(name, *text, relation, n)) law.sets.push_back(std::move(set));
  };
  add("correlated", correlated, SetRelation::correlated);
  add("anticorrelated", anticorrelated, SetRelation::anticorrelated);
  validate(law);
  return std::make_shared<Law>(std::move(law));
}

void add_basics(py::module_& module) {
  py::register_local_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const InputError& error) {
      PyErr_SetString(PyExc_ValueError, error.what());
    }
  });
  py::object tolerance_error =
      py::register_exception<ToleranceError>(module, "ToleranceError", PyExc_ArithmeticError);
  tolerance_error.attr("__doc__") = "The tolerance cannot be met; the message names the error achieved.";
  tolerance_error.attr("__module__") = "digon";
  interrupted_type = PyErr_NewExceptionWithDoc(
      "digon.Interrupted", "Ctrl-C during a call; `result` is what was done until then, or None.",
      PyExc_KeyboardInterrupt, nullptr);
  module.attr("Interrupted") = py::reinterpret_borrow<py::object>(interrupted_type);
  module.attr("version") = version;
  require_simd_path();
  module.attr("simd") = simd_path();

  py::class_<Counter, std::shared_ptr<Counter>>(module, "Counter")
      .def(py::init<>())
      .def_property_readonly("done", [](const Counter& counter) { return counter.done.load(); })
      .def_property_readonly("lowest", [](const Counter& counter) { return counter.lowest.load(); });

  py::class_<Law, std::shared_ptr<Law>>(module, "Law")
      .def(py::init(&make_law), py::arg("n"), py::arg("density"), py::arg("sparsity"), py::arg("importance"),
           py::arg("values"), py::arg("correlated"), py::arg("anticorrelated"), py::arg("active"),
           py::arg("data"))
      .def_property_readonly("density", [](const Law& law) { return to_array(law.density); })
      .def_property_readonly("importance", [](const Law& law) { return to_array(law.importance); })
      .def_property_readonly("values", [](const Law& law) { return name_of(law.values); })
      .def_property_readonly("active", [](const Law& law) { return law.active; })
      .def_property_readonly("independent", &Law::are_independent)
      .def_property_readonly("data",
                             [](const Law& law) -> py::object {
                               return law.data ? py::object(py::str(law.data->source)) : py::none();
                             })
      .def_property_readonly("description", &describe_law)
      .def_property_readonly("json", [](const Law& law) { return dump_json(to_json(law)); });
}

}  // namespace

bool stop_asked() {
  return signalled;
}

Interruptible::Interruptible(Ending ending) {
  if (!is_main_thread()) return;
  if (::sigaction(SIGINT, nullptr, &before) != 0 || before.sa_handler == SIG_IGN ||
      before.sa_handler == SIG_DFL) {
    return;
  }
  signalled = false;
  clear_interrupt();
  ending_now = ending;
  struct sigaction ours {};
  ours.sa_handler = note_signal;
  ours.sa_flags = SA_RESTART;
  watching_ = ::sigaction(SIGINT, &ours, nullptr) == 0;
}

bool Interruptible::end() {
  if (!watching_) return false;
  watching_ = false;
  ::sigaction(SIGINT, &before, nullptr);
  clear_interrupt();
  return signalled.exchange(false);
}

Interruptible::~Interruptible() {
  end();
}

void raise_interrupted(const py::object& result) {
  // Python's own handler has noted the signal, and raises now.
  if (PyErr_Occurred() != nullptr || PyErr_CheckSignals() != 0) {
    if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) == 0) throw py::error_already_set();
    PyErr_Clear();
  }
  const py::object raised = py::reinterpret_borrow<py::object>(interrupted_type)();
  raised.attr("result") = result;
  PyErr_SetObject(interrupted_type, raised.ptr());
  throw py::error_already_set();
}

Array to_array(const Eigen::VectorXd& values) {
  return Array(values.size(), values.data());
}

py::object optional_number(const std::optional<double>& value) {
  return value ? py::object(py::float_(*value)) : py::none();
}

std::vector<ToyModel> models_of(const Array& W, const Array& b, const py::object& W_out, const Kinds& kinds,
                                const Laws& laws) {
  const py::ssize_t N = W.shape(0);
  const auto fits = [N](std::size_t count) { return count == 1 || py::ssize_t(count) == N; };
  if (!fits(laws.size()))
    reject("law: {} given for {} instances; accepted: one, or one each", laws.size(), N);
  if (!fits(kinds.size()))
    reject("kind: {} given for {} instances; accepted: one, or one each", kinds.size(), N);
  const Eigen::Index n = W.shape(1);
  const Eigen::Index m = W.shape(2);
  constexpr Eigen::Index large = 4096;  // looking at the memory there is takes longer than small models
  if (n > large) {
    require_memory(fmt::format("W: its {} features, for their inner products alone,", n),
                   double(n) * double(n) * sizeof(double));
  }
  const Array decoders = W_out.is_none() ? Array() : Array::ensure(W_out);
  std::vector<ToyModel> models(std::size_t{std::size_t(N)});
  for (std::size_t k = 0; k < models.size(); ++k) {
    ToyModel& model = models[k];
    const auto at = [&](const Array& weights) {
      // [n, m] row-major is exactly Eigen's column-major [m×n].
      return Eigen::Map<const Eigen::MatrixXd>(weights.data() + py::ssize_t(k) * n * m, m, n);
    };
    model.W = at(W);
    model.b = Eigen::Map<const Eigen::VectorXd>(b.data() + py::ssize_t(k) * n, n);
    model.kind = parse_model_kind("kind", of_instance(kinds, k));
    if (!is_tied(model.kind) && W_out.is_none())
      reject("W_out: none given to a model of kind {}", name_of(model.kind));
    if (!is_tied(model.kind)) model.W_out = at(decoders).transpose();
    validate(model);
  }
  return models;
}

namespace {

/// [N, n, m] of what is [m×n] in each.
template <typename Part>
Array stack(const std::vector<const ToyModel*>& models, Part part) {
  const Eigen::MatrixXd first = part(*models.front());
  Array stacked({py::ssize_t(models.size()), py::ssize_t(first.cols()), py::ssize_t(first.rows())});
  double* out = stacked.mutable_data();
  for (const ToyModel* model : models) {
    const Eigen::MatrixXd one = part(*model);
    out = std::copy(one.data(), one.data() + one.size(), out);
  }
  return stacked;
}

}  // namespace

Array weights_array(const std::vector<const ToyModel*>& models) {
  return stack(models, [](const ToyModel& model) -> Eigen::MatrixXd { return model.W; });
}

Array bias_array(const std::vector<const ToyModel*>& models) {
  Array b({py::ssize_t(models.size()), py::ssize_t(models.front()->features())});
  double* out = b.mutable_data();
  for (const ToyModel* model : models)
    out = std::copy(model->b.data(), model->b.data() + model->b.size(), out);
  return b;
}

py::dict model_arrays(const std::vector<const ToyModel*>& models) {
  py::dict arrays;
  arrays["W"] = weights_array(models);
  arrays["b"] = bias_array(models);
  arrays["W_out"] = py::none();
  if (!is_tied(models.front()->kind)) {
    arrays["W_out"] =
        stack(models, [](const ToyModel& model) -> Eigen::MatrixXd { return model.W_out.transpose(); });
  }
  return arrays;
}

}  // namespace digon::python

PYBIND11_MODULE(_digon, module) {
  FLAGS_minloglevel = google::GLOG_FATAL;  // Ceres' remarks on single steps of its line search
  digon::python::add_basics(module);
  digon::python::add_losses(module);
  digon::python::add_searches(module);
  digon::python::add_singular(module);
  digon::python::add_training(module);
}
