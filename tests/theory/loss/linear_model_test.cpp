#include "theory/loss/linear_model.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "core/algebra/products.hpp"
#include "core/base/input_error.hpp"
#include "tests/random_models.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/optima/optimum.hpp"

using namespace digon;

namespace {

/// Descents of a linear model with two hidden dimensions end no lower, and the lowest of them there.
void check_descents_end_at(double optimum, const FeatureDistribution& features) {
  double least = std::numeric_limits<double>::infinity();
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    ToyModel start = random_model(features.features(), 2, 0.5, seed);
    start.kind = ModelKind::linear;
    const double found = descend(exact_objective(features), start).loss;
    REQUIRE(found >= optimum * (1.0 - 1e-9));
    least = std::min(least, found);
  }
  CHECK(least == Approx(optimum).epsilon(1e-7));
}

}  // namespace

TEST_CASE("the linear model's exact loss is theory's sum over pairs") {
  const ToyModel model = random_model(6, 3, 0.7, 1, ModelKind::linear);
  const FeatureDistribution features = uneven_features(6, 1);
  const Eigen::MatrixXd G = gram(model.W);
  double expected = 0.0;
  for (Eigen::Index j = 0; j < 6; ++j) {
    double spread = 0.0;
    double offset = -model.b[j];
    for (Eigen::Index i = 0; i < 6; ++i) {
      const double p = features.density[i];
      const double residual = (i == j ? 1.0 : 0.0) - G(j, i);
      spread += (p / 3.0 - p * p / 4.0) * residual * residual;
      offset += p / 2.0 * residual;
    }
    expected += features.importance[j] * (spread + offset * offset);
  }
  CHECK(exact_loss(model, features).loss == Approx(expected).epsilon(1e-13));
}

TEST_CASE("the linear optimum attains its loss, and no change of W or b improves on it") {
  const FeatureDistribution features = uneven_features(6, GENERATE(2, 3, 4));
  const double optimum = linear_optimum_loss(features, 2);
  const ToyModel best = linear_optimum(features, 2);
  CHECK(exact_loss(best, features).loss == Approx(optimum).epsilon(1e-13));
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const ToyModel step = random_model(6, 2, 1.0, seed);
    for (const double size : {1e-3, 0.1, 1.0}) {
      const ToyModel other{best.W + size * step.W, best.b + size * step.b, ModelKind::linear};
      REQUIRE(exact_loss(other, features).loss >= optimum * (1.0 - 1e-12));
    }
  }
}

TEST_CASE("of features that depend on one another the linear optimum keeps principal components") {
  FeatureDistribution features = uniform_features(6, 0.2);
  const int law = GENERATE(0, 1, 2, 3);
  CAPTURE(law);
  if (law == 0) features.sets = {{SetRelation::correlated, {0, 1}, 0.7}, {SetRelation::correlated, {2, 5}}};
  if (law == 1) features.sets = {{SetRelation::anticorrelated, {0, 1, 4}}};
  if (law == 2) features.active = 2;
  if (law == 2) features.density.setConstant(2.0 / 6.0);
  if (law == 3)
    features =
        with_data(features, std::make_shared<FeatureData>(FeatureData{random_model(9, 6, 0.5, 3).W, "x"}));
  if (law < 2) features.importance << 1.0, 1.0, 0.5, 2.0, 1.0, 0.5;
  const double optimum = linear_optimum_loss(features, 2);
  REQUIRE(has_linear_optimum(features));
  const ToyModel best = linear_optimum(features, 2);
  CHECK(exact_loss(best, features).loss == Approx(optimum).epsilon(1e-12));
  check_descents_end_at(optimum, features);
  // Nulls: as if they were independent, and importances that differ where features covary.
  FeatureDistribution other = features;
  other.sets.clear();
  other.active = {};
  if (law < 3) CHECK(linear_optimum_loss(other, 2) > optimum * 1.01);
  features.importance[0] = 3.0;
  CHECK_FALSE(has_linear_optimum(features));
  CHECK_THROWS_AS(linear_optimum_loss(features, 2), InputError);
}

TEST_CASE("descents of the linear loss end at the linear optimum, whatever the sparsities") {
  const FeatureDistribution features = uneven_features(5, 7);
  const double optimum = linear_optimum_loss(features, 2);
  check_descents_end_at(optimum, features);
}

TEST_CASE("without superposition a model keeps the features costliest to leave out, whatever their law") {
  // I v = 1/12, 1.5 (1/6 − 1/16), 0.03: I p would rank the first first.
  FeatureDistribution features{Eigen::Vector3d(1.0, 0.5, 0.1), Eigen::Vector3d(1.0, 1.5, 1.0)};
  const ToyModel model = without_superposition(features, 1);
  CHECK(model.kind == ModelKind::relu_output);
  CHECK(model.W == Eigen::RowVector3d(0.0, 1.0, 0.0));
  CHECK(model.b == Eigen::Vector3d(0.5, 0.0, 0.05));
  CHECK(without_superposition(features, 2).W.row(1) == Eigen::RowVector3d(1.0, 0.0, 0.0));
  // Of signed values I v = I p/3: 1/3, 1/4, 1/30; what is left out has mean 0.
  features.values = ActiveValue::signed_uniform;
  CHECK(without_superposition(features, 1).W == Eigen::RowVector3d(1.0, 0.0, 0.0));
  CHECK(without_superposition(features, 1).b == Eigen::Vector3d(0.0, 0.0, 0.0));
  CHECK(exact_loss(linear_optimum(features, 1), features).loss ==
        Approx(linear_optimum_loss(features, 1)).epsilon(1e-14));
}

TEST_CASE("with room for all features the linear optimum is 0") {
  CHECK(linear_optimum_loss(uniform_features(3, 0.5), 3) == 0.0);
  CHECK(linear_optimum_loss(uniform_features(3, 0.5), 5) == 0.0);
}
