#include "theory/loss/plane_loss.hpp"

#include <catch2/catch.hpp>

#include "core/base/input_error.hpp"
#include "core/base/random.hpp"
#include "tests/random_models.hpp"
#include "theory/loss/data_loss.hpp"

namespace {

using namespace digon;

/// Sparse samples of norm up to 1: more than a box of the tree holds.
Eigen::MatrixXd sparse_samples(Eigen::Index n, Eigen::Index samples) {
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(n, samples);
  for (Eigen::Index t = 0; t < samples; ++t) {
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto words = RandomStream{7, Purpose::seed, 1}.block(std::uint64_t(t * n + i));
      if (open_unit_interval(words[0], words[1]) < 0.2) x(i, t) = open_unit_interval(words[2], words[3]);
    }
  }
  return x;
}

}  // namespace

TEST_CASE("plane: the loss of sparse samples, by hand") {
  ToyModel model{Eigen::MatrixXd(2, 2), Eigen::Vector2d::Zero()};
  model.W << 1.0, -1.0, 0.0, 0.0;
  Eigen::MatrixXd x(2, 2);
  x << 1.0, 0.6, 0.0, 0.8;
  CHECK(plane_loss(model, x.sparseView()).loss == Approx(0.36).epsilon(1e-14));
}

TEST_CASE("plane: loss and gradient are those of all outputs, whatever share of them is on") {
  const Eigen::MatrixXd x = sparse_samples(12, 700);
  const FeatureDistribution features =
      with_data(uniform_features(12, 0.0), std::make_shared<FeatureData>(FeatureData{x, "drawn"}));
  for (const double bias : {-0.6, -0.1, 0.0, 0.3}) {
    ToyModel model = random_model(12, 2, 0.7, 5);
    model.b.array() += bias;
    const LossGradient dense = data_loss_gradient(model, features);
    const LossGradient sparse = plane_loss(model, x.sparseView());
    CHECK(sparse.loss == Approx(dense.loss).epsilon(1e-13));
    CHECK((sparse.by_W - dense.by_W).norm() <= 1e-12 * dense.by_W.norm());
    CHECK((sparse.by_b - dense.by_b).norm() <= 1e-12 * dense.by_b.norm());
  }
}

TEST_CASE("plane: what it is not of is refused") {
  const Eigen::SparseMatrix<double> x = sparse_samples(4, 3).sparseView();
  CHECK_THROWS_AS(plane_loss(random_model(4, 3, 0.7, 5), x), InputError);
  CHECK_THROWS_AS(plane_loss(random_model(5, 2, 0.7, 5), x), InputError);
}
