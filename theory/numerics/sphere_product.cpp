#include "theory/numerics/sphere_product.hpp"

#include <cmath>
#include <limits>

namespace digon {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The reflection I − β v vᵀ that takes the unit vector x to e_m: v is x but for its last entry.
struct Reflection {
  const double* x;
  Eigen::Index m;
  double last;  ///< v_m
  double beta;

  Reflection(const double* unit, Eigen::Index size) : x(unit), m(size) {
    double square = 0.0;
    for (Eigen::Index a = 0; a + 1 < m; ++a) square += x[a] * x[a];
    last = x[m - 1] > 0.0 ? -square / (1.0 + x[m - 1]) : x[m - 1] - 1.0;  // x_m − 1, without cancellation
    // At e_m, and where 1/v_m would overflow, nothing is to be reflected.
    beta = -last < std::numeric_limits<double>::min() ? 0.0 : -1.0 / last;
  }

  /// B δ, of length m.
  void to_ambient(const double* delta, double* moved) const {
    double along = 0.0;
    for (Eigen::Index a = 0; a + 1 < m; ++a) along += x[a] * delta[a];
    along *= beta;
    for (Eigen::Index a = 0; a + 1 < m; ++a) moved[a] = delta[a] - along * x[a];
    moved[m - 1] = -along * last;
  }

  /// Bᵀ g, of length m − 1.
  void to_tangent(const double* g, double* delta) const {
    double along = last * g[m - 1];
    for (Eigen::Index a = 0; a + 1 < m; ++a) along += x[a] * g[a];
    along *= beta;
    for (Eigen::Index a = 0; a + 1 < m; ++a) delta[a] = g[a] - along * x[a];
  }
};

}  // namespace

SphereProduct::SphereProduct(Eigen::Index m, Eigen::Index n) : m_(m), n_(n) {}

SphereProduct::~SphereProduct() = default;

bool SphereProduct::Plus(const double* x, const double* delta, double* x_plus_delta) const {
  for (Eigen::Index i = 0; i < n_; ++i) {
    const double* point = x + i * m_;
    double* moved = x_plus_delta + i * m_;
    Reflection(point, m_).to_ambient(delta + i * (m_ - 1), moved);
    double square = 0.0;
    for (Eigen::Index a = 0; a < m_; ++a) {
      moved[a] += point[a];
      square += moved[a] * moved[a];
    }
    const double scale = 1.0 / std::sqrt(square);
    for (Eigen::Index a = 0; a < m_; ++a) moved[a] *= scale;
  }
  return true;
}

bool SphereProduct::PlusJacobian(const double* x, double* jacobian) const {
  const RowMajor identity = RowMajor::Identity(m_ * n_, m_ * n_);
  return RightMultiplyByPlusJacobian(x, AmbientSize(), identity.data(), jacobian);
}

bool SphereProduct::RightMultiplyByPlusJacobian(const double* x, int rows, const double* ambient,
                                                double* tangent) const {
  for (Eigen::Index i = 0; i < n_; ++i) {
    const Reflection reflection(x + i * m_, m_);
    for (Eigen::Index row = 0; row < rows; ++row) {
      reflection.to_tangent(ambient + row * m_ * n_ + i * m_, tangent + row * (m_ - 1) * n_ + i * (m_ - 1));
    }
  }
  return true;
}

bool SphereProduct::Minus(const double* y, const double* x, double* y_minus_x) const {
  for (Eigen::Index i = 0; i < n_; ++i) {
    const Eigen::Map<const Eigen::VectorXd> from(x + i * m_, m_);
    const Eigen::VectorXd scaled = Eigen::Map<const Eigen::VectorXd>(y + i * m_, m_);
    const double cosine = from.dot(scaled);
    if (cosine <= 0.0) return false;
    const Eigen::VectorXd reached = scaled / cosine;
    Reflection(from.data(), m_).to_tangent(reached.data(), y_minus_x + i * (m_ - 1));
  }
  return true;
}

bool SphereProduct::MinusJacobian(const double* x, double* jacobian) const {
  // At y = x, ∂(Bᵀ y/(x·y))/∂y = Bᵀ, since Bᵀ x = 0.
  RowMajor plus(m_ * n_, (m_ - 1) * n_);
  PlusJacobian(x, plus.data());
  Eigen::Map<RowMajor>(jacobian, (m_ - 1) * n_, m_ * n_) = plus.transpose();
  return true;
}

}  // namespace digon
