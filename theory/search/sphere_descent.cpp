#include "theory/search/sphere_descent.hpp"

#include <ceres/gradient_problem.h>
#include <ceres/gradient_problem_solver.h>

#include "theory/search/sphere_product.hpp"

namespace digon {

Eigen::MatrixXd descend_on_spheres(ceres::FirstOrderFunction* function, const Eigen::MatrixXd& W) {
  const ceres::GradientProblem problem(function, new SphereProduct(W.rows(), W.cols()));
  ceres::GradientProblemSolver::Options options;
  options.logging_type = ceres::SILENT;
  options.max_num_iterations = 20000;
  options.max_lbfgs_rank = 8;
  options.use_approximate_eigenvalue_bfgs_scaling = true;  // ten times fewer iterations at n = 100
  options.function_tolerance = 1e-13;
  options.gradient_tolerance = 1e-11;
  options.parameter_tolerance = 1e-12;
  Eigen::MatrixXd points = W.colwise().normalized();
  ceres::GradientProblemSolver::Summary summary;
  ceres::Solve(options, problem, points.data(), &summary);
  return points.colwise().normalized();
}

Eigen::MatrixXd along_spheres(const Eigen::MatrixXd& W, const Eigen::MatrixXd& by_W) {
  const Eigen::RowVectorXd radial = W.cwiseProduct(by_W).colwise().sum();
  return by_W - W * radial.asDiagonal();
}

}  // namespace digon
