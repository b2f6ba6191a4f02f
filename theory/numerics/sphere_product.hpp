#pragma once

#include <ceres/manifold.h>

#include <Eigen/Core>

namespace digon {

/// n unit vectors in R^m, one after the other, as a manifold for Ceres: the product of n spheres, where n is
/// known at run time. ceres::SphereManifold does one sphere; a product of them by its exponential map took a
/// third of a search.
///
/// At x the tangent space is spanned by the first m − 1 columns B of the Householder reflection that takes x
/// to e_m, and
///   x ⊕ δ = (x + B δ)/|x + B δ|,   y ⊖ x = Bᵀ y/(x·y) for y in the hemisphere of x.
class SphereProduct : public ceres::Manifold {
 public:
  SphereProduct(Eigen::Index m, Eigen::Index n);
  ~SphereProduct() override;

  [[nodiscard]] int AmbientSize() const override { return int(m_ * n_); }
  [[nodiscard]] int TangentSize() const override { return int((m_ - 1) * n_); }

  bool Plus(const double* x, const double* delta, double* x_plus_delta) const override;
  bool PlusJacobian(const double* x, double* jacobian) const override;
  bool RightMultiplyByPlusJacobian(const double* x, int rows, const double* ambient,
                                   double* tangent) const override;
  bool Minus(const double* y, const double* x, double* y_minus_x) const override;
  bool MinusJacobian(const double* x, double* jacobian) const override;

 private:
  Eigen::Index m_;
  Eigen::Index n_;
};

}  // namespace digon
