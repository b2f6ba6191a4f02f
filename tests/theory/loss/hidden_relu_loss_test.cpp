#include "theory/loss/hidden_relu_loss.hpp"

#include <catch2/catch.hpp>

#include "tests/random_models.hpp"

using namespace digon;

namespace {

/// L_1 by the midpoint rule on each ray.
double plain_one_sparse_loss(const ToyModel& model, const Eigen::VectorXd& importance) {
  constexpr int points = 20'000;
  const Eigen::MatrixXd decoder = is_tied(model.kind) ? Eigen::MatrixXd(model.W.transpose()) : model.W_out;
  const bool both = model.kind == ModelKind::absolute_value;
  double loss = 0.0;
  for (Eigen::Index i = 0; i < model.features(); ++i) {
    for (int k = 0; k < points; ++k) {
      const double x = both ? 2.0 * (k + 0.5) / points - 1.0 : (k + 0.5) / points;
      const Eigen::VectorXd h = (model.W.col(i) * x).cwiseMax(0.0);
      Eigen::VectorXd residual = (decoder * h + model.b).cwiseMax(0.0);
      residual[i] -= std::abs(x);
      loss += importance.dot(residual.cwiseAbs2()) / points;
    }
  }
  return loss;
}

}  // namespace

TEST_CASE("L_1 of models with a ReLU in the hidden layer is that of its rays") {
  const auto kind = GENERATE(ModelKind::relu_hidden, ModelKind::absolute_value);
  ToyModel model = random_model(4, 3, 0.8, 31, kind);
  if (!is_tied(kind)) model.W_out = random_model(4, 3, 0.8, 32).W.transpose();
  const Eigen::VectorXd importance = uneven_features(4, 31).importance;
  CHECK(hidden_relu_one_sparse_loss(model, importance).total() ==
        Approx(plain_one_sparse_loss(model, importance)).epsilon(1e-6));
}

TEST_CASE("two neurons a feature compute the absolute value exactly") {
  ToyModel model{Eigen::MatrixXd(4, 2), Eigen::VectorXd::Zero(2), ModelKind::absolute_value};
  model.W << 1, 0, -1, 0, 0, 2, 0, -2;
  model.W_out = Eigen::MatrixXd(2, 4);
  model.W_out << 1, 1, 0, 0, 0, 0, 0.5, 0.5;
  CHECK(hidden_relu_one_sparse_loss(model, Eigen::VectorXd::Ones(2)).total() == Approx(0.0).margin(1e-15));
  CHECK_THROWS_WITH(hidden_relu_one_sparse_loss(random_model(2, 1, 1.0, 1), Eigen::VectorXd::Ones(2)),
                    Catch::Contains("relu-output"));
}
