#include "theory/loss/one_sparse_loss.hpp"

#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <catch2/catch.hpp>
#include <cmath>

#include "core/algebra/products.hpp"
#include "core/base/input_error.hpp"
#include "tests/derivative_check.hpp"
#include "tests/random_models.hpp"
#include "theory/optima/polygon.hpp"

namespace {

using namespace digon;

template <typename Function>
double integrate(Function f) {
  return boost::math::quadrature::gauss_kronrod<double, 61>::integrate(f, 0.0, 1.0, 15, 1e-12);
}

double loss_per_feature(const ToyModel& model) {
  return one_sparse_loss(model, Eigen::VectorXd::Ones(model.features())).total() / double(model.features());
}

}  // namespace

TEST_CASE("feature benefit and interference are their integrals") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const ToyModel model = random_model(5, 2, 0.8, seed);
    const Eigen::VectorXd importance = uneven_features(5, seed).importance;
    const Eigen::MatrixXd G = gram(model.W);
    const OneSparseLoss loss = one_sparse_loss(model, importance);
    for (Eigen::Index i = 0; i < 5; ++i) {
      const double benefit =
          integrate([&](double x) { return std::pow(x - std::max(G(i, i) * x + model.b[i], 0.0), 2); });
      double interference = 0.0;
      for (Eigen::Index j = 0; j < 5; ++j) {
        if (j == i) continue;
        interference += importance[j] * integrate([&](double x) {
                          return std::pow(std::max(G(j, i) * x + model.b[j], 0.0), 2);
                        });
      }
      CHECK(loss.feature_benefit[i] == Approx(importance[i] * benefit).epsilon(1e-9).margin(1e-12));
      CHECK(loss.interference[i] == Approx(interference).epsilon(1e-9).margin(1e-12));
    }
  }
}

TEST_CASE("the gradient of L_1 is its derivative") {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const ToyModel model = random_model(5, 2, 0.8, seed);
    const Eigen::VectorXd importance = uneven_features(5, seed).importance;
    const LossGradient gradient = one_sparse_loss_gradient(model, importance);
    CHECK(gradient.loss == Approx(one_sparse_loss(model, importance).total()).epsilon(1e-13));
    check_derivatives(
        [&](const Eigen::VectorXd& x) {
          return one_sparse_loss(with_parameters(model, x), importance).total();
        },
        parameters_of(model.W, model.b), {gradient.loss, parameters_of(gradient.by_W, gradient.by_b)});
  }
  const ToyModel linear = random_model(3, 2, 1.0, 1, ModelKind::linear);
  CHECK_THROWS_AS(one_sparse_loss_gradient(linear, Eigen::VectorXd::Ones(3)), InputError);
}

TEST_CASE("interference pair by pair adds up to that of each feature") {
  const ToyModel model = random_model(5, 2, 0.8, 4);
  const Eigen::VectorXd importance = uneven_features(5, 4).importance;
  const Eigen::MatrixXd pairs = pairwise_interference(model, importance);
  CHECK(pairs.diagonal().isZero(0.0));
  CHECK(pairs.colwise().sum().transpose().isApprox(one_sparse_loss(model, importance).interference, 1e-14));
}

TEST_CASE("the regular polygons' losses are those of the literature") {
  // Chen et al. 2023 (arXiv 2310.06301): minimisers of L_1 for one active feature, uniform values.
  CHECK(loss_per_feature(regular_polygon(4, 1.0, 0.0)) == Approx(0.0).margin(1e-15));
  CHECK(loss_per_feature(regular_polygon(5, 1.170460, -0.282297)) == Approx(0.01582563).epsilon(1e-6));
  CHECK(loss_per_feature(regular_polygon(6, 1.320526, -0.618135)) == Approx(0.04819238).epsilon(1e-6));
  // They are minima in norm and bias.
  for (const auto& [k, norm, bias] :
       {std::tuple{5, 1.170460, -0.282297}, std::tuple{6, 1.320526, -0.618135}}) {
    const double least = loss_per_feature(regular_polygon(k, norm, bias));
    for (const double step : {-1e-3, 1e-3}) {
      CHECK(loss_per_feature(regular_polygon(k, norm + step, bias)) > least);
      CHECK(loss_per_feature(regular_polygon(k, norm, bias + step)) > least);
    }
  }
}

TEST_CASE("L_0 is the squared positive biases, or all of them in the linear model") {
  ToyModel model{Eigen::MatrixXd::Ones(1, 3), Eigen::Vector3d(0.5, -2.0, 1.0)};
  const Eigen::Vector3d importance(1.0, 1.0, 3.0);
  CHECK(zero_sparse_loss(model, importance) == Approx(0.25 + 3.0));
  model.kind = ModelKind::linear;
  CHECK(zero_sparse_loss(model, importance) == Approx(0.25 + 4.0 + 3.0));
}
