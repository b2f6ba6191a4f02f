#pragma once

#include <Eigen/Core>
#include <functional>
#include <limits>
#include <memory>

namespace ceres {
class Manifold;  // whose header defines glog's CHECK
}

namespace digon {

/// f(x) of x in R^N, and its gradient, to be written [N]. A value that is not finite says that f cannot be
/// evaluated at x.
using SmoothFunction =
    std::function<double(Eigen::Map<const Eigen::VectorXd> x, Eigen::Map<Eigen::VectorXd> gradient)>;

/// When a descent ends. f should be scaled to about 1, since tolerances are relative to it or absolute.
struct DescentOptions {
  int steps = 2000;                    ///< at most
  int memory = 30;                     ///< past steps that L-BFGS takes curvature from
  double function_tolerance = 1e-14;   ///< |Δf| ≤ this times f
  double gradient_tolerance = 1e-10;   ///< max |∂f/∂x_i| ≤ this
  double parameter_tolerance = 1e-12;  ///< |Δx| ≤ this times |x|
  /// A descent is given up where, falling as over its last 20 steps, it would need more than 200 further ones
  /// to come below this.
  double bar = std::numeric_limits<double>::infinity();
};

/// Where L-BFGS (Ceres, line searches by Wolfe's conditions) ends from x [N]. It steps back from points at
/// which f cannot be evaluated, and is where it began if that is one. With the usual options the end is
/// within 1e-6 |x| of a minimum of condition up to 40.
///
/// Example: f(x) = (1 − x_1)² + 100(x_2 − x_1²)² from (−1.2, 1) ends at (1, 1).
Eigen::VectorXd local_descent(const SmoothFunction& f, Eigen::VectorXd x, const DescentOptions& options = {});

/// The same on a manifold in R^N, e.g. a SphereProduct; the gradient is that of f in R^N.
Eigen::VectorXd local_descent(const SmoothFunction& f, Eigen::VectorXd x,
                              std::unique_ptr<ceres::Manifold> manifold, const DescentOptions& options = {});

}  // namespace digon
