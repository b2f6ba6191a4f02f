#pragma once

#include <ceres/manifold.h>
#include <ceres/sphere_manifold.h>

#include <Eigen/Core>
#include <memory>

namespace digon {

/// n unit vectors in R^m, one after the other: the product of n of Ceres' sphere manifolds, where n is known
/// at run time. M is m, or Eigen::Dynamic.
template <int M>
class SphereProduct : public ceres::Manifold {
 public:
  SphereProduct(Eigen::Index m, Eigen::Index n) : sphere_(int(m)), m_(m), n_(n) {}

  [[nodiscard]] int AmbientSize() const override { return int(m_ * n_); }
  [[nodiscard]] int TangentSize() const override { return int((m_ - 1) * n_); }

  bool Plus(const double* x, const double* delta, double* x_plus_delta) const override {
    bool done = true;
    for (Eigen::Index i = 0; i < n_; ++i) {
      done = done && sphere_.Plus(x + i * m_, delta + i * (m_ - 1), x_plus_delta + i * m_);
    }
    return done;
  }

  bool PlusJacobian(const double* x, double* jacobian) const override {
    Eigen::Map<RowMajor>(jacobian, m_ * n_, (m_ - 1) * n_).setZero();
    for (Eigen::Index i = 0; i < n_; ++i) {
      Eigen::Map<RowMajor>(jacobian, m_ * n_, (m_ - 1) * n_).block(i * m_, i * (m_ - 1), m_, m_ - 1) =
          basis(x, i);
    }
    return true;
  }

  bool RightMultiplyByPlusJacobian(const double* x, int rows, const double* ambient,
                                   double* tangent) const override {
    const Eigen::Map<const RowMajor> from(ambient, rows, m_ * n_);
    Eigen::Map<RowMajor> to(tangent, rows, (m_ - 1) * n_);
    for (Eigen::Index i = 0; i < n_; ++i) {
      to.middleCols(i * (m_ - 1), m_ - 1).noalias() = from.middleCols(i * m_, m_) * basis(x, i);
    }
    return true;
  }

  bool Minus(const double* y, const double* x, double* y_minus_x) const override {
    bool done = true;
    for (Eigen::Index i = 0; i < n_; ++i) {
      done = done && sphere_.Minus(y + i * m_, x + i * m_, y_minus_x + i * (m_ - 1));
    }
    return done;
  }

  bool MinusJacobian(const double* x, double* jacobian) const override {
    Eigen::Map<RowMajor> all(jacobian, (m_ - 1) * n_, m_ * n_);
    all.setZero();
    RowMajor one(m_ - 1, m_);
    for (Eigen::Index i = 0; i < n_; ++i) {
      if (!sphere_.MinusJacobian(x + i * m_, one.data())) return false;
      all.block(i * (m_ - 1), i * m_, m_ - 1, m_) = one;
    }
    return true;
  }

 private:
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  static constexpr int tangent_size = M == Eigen::Dynamic ? Eigen::Dynamic : M - 1;
  using Basis = Eigen::Matrix<double, M, tangent_size, Eigen::RowMajor>;

  /// The tangent directions of sphere i at x [m×(m−1)].
  [[nodiscard]] Basis basis(const double* x, Eigen::Index i) const {
    Basis tangent(m_, m_ - 1);
    sphere_.PlusJacobian(x + i * m_, tangent.data());
    return tangent;
  }

  ceres::SphereManifold<M> sphere_;
  Eigen::Index m_;
  Eigen::Index n_;
};

/// The product with its dimension fixed at compile time where that pays (Ceres 2.1 does not take 2).
inline std::unique_ptr<ceres::Manifold> sphere_product(Eigen::Index m, Eigen::Index n) {
  switch (m) {
    case 3:
      return std::make_unique<SphereProduct<3>>(m, n);
    case 4:
      return std::make_unique<SphereProduct<4>>(m, n);
    default:
      return std::make_unique<SphereProduct<Eigen::Dynamic>>(m, n);
  }
}

}  // namespace digon
