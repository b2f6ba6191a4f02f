#include "empirical/training/tile_product.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace digon;

namespace {

/// The outputs of a tile [tile × outputs], from weights [outputs × inputs] read by rows or by columns. Each
/// comes once: what was there is added to.
template <typename Scalar>
Tile<Scalar> products(const Tile<Scalar>& in, const WeightView<Scalar>& weight, Eigen::Index outputs) {
  Tile<Scalar> out = Tile<Scalar>::Zero(tile_samples, outputs);
  multiply_tile<Scalar>(
      in, weight, outputs,
      [&](Eigen::Index c, Eigen::Index count, Eigen::Index sample, const Simd<Scalar>* sum) {
        for (Eigen::Index k = 0; k < count; ++k) add_simd(&out(sample, c + k), sum[k]);
      });
  return out;
}

}  // namespace

TEMPLATE_TEST_CASE("tile product: every output once, whatever blocks it is computed in", "", float, double) {
  const auto inputs = GENERATE(Eigen::Index{1}, Eigen::Index{15}, Eigen::Index{16}, Eigen::Index{33});
  const Tile<TestType> in = Tile<TestType>::Random(tile_samples, inputs);
  for (Eigen::Index outputs = 1; outputs <= 103; ++outputs) {
    using Matrix = Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic>;
    const Matrix weight = Matrix::Random(outputs, inputs);
    const Matrix expected = in.matrix() * weight.transpose();
    const auto off = [&](const Tile<TestType>& out) {
      return double((out.matrix() - expected).cwiseAbs().maxCoeff());
    };
    const double allowed = 40.0 * double(std::numeric_limits<TestType>::epsilon());
    CHECK(off(products<TestType>(in, {weight.data(), 1, outputs}, outputs)) < allowed);
    const Matrix by_rows = weight.transpose();
    CHECK(off(products<TestType>(in, {by_rows.data(), inputs, 1}, outputs)) < allowed);
    Matrix wrong = weight;  // in the last weight
    wrong(outputs - 1, inputs - 1) += TestType(0.01);
    CHECK(off(products<TestType>(in, {wrong.data(), 1, outputs}, outputs)) > allowed);
  }
}
