#include "theory/search/local_descent.hpp"

#include <ceres/gradient_problem.h>
#include <ceres/gradient_problem_solver.h>
#include <ceres/manifold.h>

#include <cmath>
#include <vector>

#include "core/base/interrupt.hpp"

namespace digon {
namespace {

class CeresFunction : public ceres::FirstOrderFunction {
 public:
  CeresFunction(const SmoothFunction& f, Eigen::Index size) : f_(f), size_(size) {}

  bool Evaluate(const double* x, double* value, double* gradient) const override {
    throw_if_given_up();
    Eigen::VectorXd unasked(gradient == nullptr ? size_ : 0);
    *value = f_({x, size_}, {gradient == nullptr ? unasked.data() : gradient, size_});
    return std::isfinite(*value);
  }
  [[nodiscard]] int NumParameters() const override { return int(size_); }

 private:
  const SmoothFunction& f_;
  Eigen::Index size_;
};

/// Ends a descent that cannot come below the bar.
class GiveUp : public ceres::IterationCallback {
 public:
  explicit GiveUp(double bar) : bar_(bar) {}

  ceres::CallbackReturnType operator()(const ceres::IterationSummary& step) override {
    values_.push_back(step.cost);
    if (values_.size() <= first_judged) return ceres::SOLVER_CONTINUE;
    const double fallen = values_[values_.size() - 1 - window] - step.cost;
    const bool hopeless = fallen * (double(further) / double(window)) < step.cost - bar_;
    return hopeless ? ceres::SOLVER_TERMINATE_SUCCESSFULLY : ceres::SOLVER_CONTINUE;
  }

 private:
  static constexpr std::size_t window = 20;
  static constexpr std::size_t further = 200;
  static constexpr std::size_t first_judged = 40;
  double bar_;
  std::vector<double> values_;
};

Eigen::VectorXd solve(const ceres::GradientProblem& problem, Eigen::VectorXd x,
                      const DescentOptions& descent) {
  ceres::GradientProblemSolver::Options options;
  options.logging_type = ceres::SILENT;
  options.max_num_iterations = descent.steps;
  options.max_lbfgs_rank = descent.memory;
  // The initial Hessian by the last step's curvature: ten times fewer iterations for 100 points on a sphere.
  options.use_approximate_eigenvalue_bfgs_scaling = true;
  options.function_tolerance = descent.function_tolerance;
  options.gradient_tolerance = descent.gradient_tolerance;
  options.parameter_tolerance = descent.parameter_tolerance;
  GiveUp give_up(descent.bar);
  if (std::isfinite(descent.bar)) options.callbacks.push_back(&give_up);
  ceres::GradientProblemSolver::Summary summary;
  ceres::Solve(options, problem, x.data(), &summary);
  return x;
}

}  // namespace

// A problem takes ownership of what it is given.

Eigen::VectorXd local_descent(const SmoothFunction& f, Eigen::VectorXd x, const DescentOptions& options) {
  const ceres::GradientProblem problem(new CeresFunction(f, x.size()));
  return solve(problem, std::move(x), options);
}

Eigen::VectorXd local_descent(const SmoothFunction& f, Eigen::VectorXd x,
                              std::unique_ptr<ceres::Manifold> manifold, const DescentOptions& options) {
  const ceres::GradientProblem problem(new CeresFunction(f, x.size()), manifold.release());
  return solve(problem, std::move(x), options);
}

}  // namespace digon
