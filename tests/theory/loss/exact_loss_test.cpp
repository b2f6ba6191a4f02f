#include "theory/loss/exact_loss.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/algebra/products.hpp"
#include "core/base/input_error.hpp"
#include "core/base/random.hpp"
#include "core/base/sanitized.hpp"
#include "empirical/training/sampled_loss.hpp"
#include "tests/random_models.hpp"
#include "tests/theory/vertex_oracle.hpp"
#include "theory/loss/decomposition.hpp"
#include "theory/loss/one_sparse_loss.hpp"

namespace {

using namespace digon;

/// The exact loss against the oracle, to the tolerance promised and the error bound returned.
OracleLoss require_exact_loss(const ToyModel& model, const FeatureDistribution& features) {
  const OracleLoss oracle = vertex_oracle(model, features);
  const ExactLoss exact = exact_loss(model, features);
  CAPTURE(model.W, model.b.transpose(), features.density.transpose(), oracle.loss, exact.loss, exact.error);
  const double floor = 1e-6 * zero_model_loss(features);
  REQUIRE(std::abs(exact.loss - oracle.loss) <= 1e-10 * std::max(oracle.loss, floor));
  // The error bound holds; the oracle itself is rounded to double once.
  REQUIRE(std::abs(exact.loss - oracle.loss) <= exact.error + 4e-16 * oracle.loss);
  return oracle;
}

/// The exact loss and its decomposition against the oracle.
void require_exact(const ToyModel& model, const FeatureDistribution& features) {
  const OracleLoss oracle = require_exact_loss(model, features);
  const Decomposition parts = decompose(model, features.importance);
  const Eigen::VectorXd L = parts.L();
  const double smallest =
      std::max(oracle.L[1] / double(features.features()), 1e-6 * features.importance.sum() / 3.0);
  for (Eigen::Index k = 0; k < L.size(); ++k) {
    CAPTURE(k, L[k], oracle.L[std::size_t(k)]);
    const double patterns = oracle.L[std::size_t(k)] / std::max(parts.L_mean()[k], 1e-300);
    REQUIRE(std::abs(L[k] - oracle.L[std::size_t(k)]) <=
            1e-10 * std::max(oracle.L[std::size_t(k)], patterns * smallest));
  }
}

}  // namespace

TEST_CASE("the exact loss is the vertex sum over all patterns, random models") {
  int done = 0;
  for (std::uint64_t seed = 0; done < 200; ++seed, ++done) {
    const Eigen::Index n = 1 + Eigen::Index(seed % 6);
    const Eigen::Index m = 1 + Eigen::Index(seed / 6 % 3);
    const double scale = std::array{0.3, 0.7, 1.2, 3.0}[seed / 18 % 4];
    const ToyModel model = random_model(n, m, scale, seed);
    CAPTURE(seed);
    const double density = std::array{1.0, 0.5, 0.1, 0.01, 1e-4}[seed % 5];
    require_exact(model, seed % 2 == 0 ? uneven_features(n, seed) : uniform_features(n, density));
  }
}

TEST_CASE("the exact loss is the vertex sum at n = 8") {
  require_exact(random_model(8, 3, 0.6, 99), uneven_features(8, 4));
}

TEST_CASE("couplings of many scales, at every tolerance: the error is within it and within the estimate") {
  for (std::uint64_t seed = 0; seed < (is_sanitized ? 15U : 60U); ++seed) {
    ToyModel model = random_model(4 + Eigen::Index(seed % 5), 1 + Eigen::Index(seed % 3), 0.8, seed);
    for (Eigen::Index i = 0; i < model.features(); ++i) {
      const auto words = RandomStream{seed, Purpose::seed, 2}.block(std::uint64_t(i));
      if (words[0] % 2 == 0) model.W.col(i) *= std::pow(10.0, -6.0 * open_unit_interval(words[1], words[2]));
      if (words[3] % 3 == 0) model.b[i] *= std::pow(10.0, -6.0 * open_unit_interval(words[2], words[1]));
    }
    const FeatureDistribution features =
        seed % 2 == 0 ? uneven_features(model.features(), seed) : uniform_features(model.features(), 0.02);
    const OracleLoss oracle = vertex_oracle(model, features);
    for (const double tolerance : {1e-4, 1e-7, 1e-10}) {
      ExactLossOptions options;
      options.relative_tolerance = tolerance;
      const ExactLoss exact = exact_loss(model, features, options);
      CAPTURE(seed, tolerance, oracle.loss, exact.error);
      const double error = std::abs(exact.loss - oracle.loss);
      REQUIRE(error <= tolerance * std::max(oracle.loss, 1e-6 * zero_model_loss(features)));
      REQUIRE(error <= exact.error + 4e-16 * oracle.loss);
    }
  }
}

TEST_CASE("sparse features with couplings of many scales: no vertices of patterns that hardly ever are") {
  // Up to two active at a time of the large couplings of every scale: 10⁸ vertices an output, and 10 GB.
  ToyModel model = random_model(37, 12, 1.5, 5);
  for (Eigen::Index i = 0; i < 37; i += 3) model.W.col(i) *= std::pow(10.0, -4.0 * double(i) / 36.0);
  const FeatureDistribution features = uniform_features(model.features(), 1.5e-4);
  ExactLossOptions options;
  options.relative_tolerance = 1e-11;
  const double close = exact_loss_gradient(model, features, options).loss;
  options.relative_tolerance = 1e-6;
  const ExactLoss loose = exact_loss(model, features, options);
  CHECK(std::abs(loose.loss - close) <= loose.error);
  DecompositionOptions up_to_four;
  up_to_four.up_to = 4;
  const Decomposition parts = decompose(model, features.importance, up_to_four);
  const double summed = binomial_weights(37, 1.5e-4).head(5).dot(parts.L_mean());
  CHECK(summed == Approx(close).epsilon(1e-10));
}

TEST_CASE("a loss far above that of answering nothing is not computed as if it were below") {
  // Biases of 0.2 answer where nothing is asked: 350 times the zero model's loss, and so much less is asked
  // of each output than of a model that answers well.
  const ToyModel model = random_model(104, 7, 0.18, 3);
  const FeatureDistribution features = uniform_features(104, 1.1e-4);
  ExactLossOptions options;
  options.relative_tolerance = 1e-8;
  const LossGradient loss = exact_loss_gradient(model, features, options);
  CHECK(loss.loss > 100.0 * zero_model_loss(features));
  CHECK(loss.loss >= loss_of_silence(model, features));
  CHECK(loss_of_silence(model, features) > 0.9 * loss.loss);
  CHECK(loss.nodes < 800 * 104);  // 1650 where a fifth of the zero model's loss is taken for it, and 44 s
  DecompositionOptions up_to_three;
  up_to_three.up_to = 3;
  const Decomposition parts = decompose(model, features.importance, up_to_three);
  const double summed = binomial_weights(104, 1.1e-4).head(4).dot(parts.L_mean());
  CHECK(std::abs(summed - loss.loss) <= loss.error + 1e-8 * loss.loss);
}

TEST_CASE("the exact loss survives awkward weights") {
  const auto features = GENERATE(uniform_features(5, 1.0), uniform_features(5, 0.3),
                                 uniform_features(5, 0.002), uneven_features(5, 8));
  SECTION("b = 0") {
    ToyModel model = random_model(5, 2, 0.8, 21);
    model.b.setZero();
    require_exact(model, features);
  }
  SECTION("orthogonal features: zeros in G") {
    ToyModel model{Eigen::MatrixXd::Identity(5, 5), Eigen::VectorXd::Constant(5, -0.1)};
    require_exact(model, features);
    model.W(4, 4) = 0.0;
    model.b.setZero();
    require_exact(model, features);
  }
  SECTION("duplicate and opposite columns") {
    ToyModel model = random_model(5, 2, 0.8, 22);
    model.W.col(1) = model.W.col(0);
    model.W.col(2) = -model.W.col(0);
    model.W.col(4) = model.W.col(0);
    model.b.setZero();
    require_exact(model, features);
  }
  SECTION("an absent feature with a positive bias") {
    ToyModel model = random_model(5, 2, 0.8, 23);
    model.W.col(3).setZero();
    model.b[3] = 0.4;
    require_exact(model, features);
  }
  SECTION("large entries") {
    require_exact(random_model(5, 2, 20.0, 24), features);
  }
  SECTION("small entries") {
    ToyModel model = random_model(5, 2, 0.02, 25);
    require_exact(model, features);
    model.b.setConstant(1e-3);
    require_exact(model, features);
  }
  SECTION("features of every scale") {
    ToyModel model = random_model(5, 2, 0.9, 30);
    model.b.setZero();
    for (Eigen::Index i = 0; i < 5; ++i) model.W.col(i) *= std::pow(0.05, double(i));
    require_exact_loss(model, features);
    model.W.col(0) *= 1e3;
    require_exact_loss(model, features);
    model.b = 1e-4 * random_model(5, 2, 1.0, 31).b;
    require_exact_loss(model, features);
  }
  SECTION("near the optimum: orthogonal pairs but for a little") {
    ToyModel model{Eigen::MatrixXd(2, 5), Eigen::VectorXd::Zero(5)};
    model.W << 1, 1e-4, -1, 2e-7, 1e-9,  //
        1e-6, 1, 3e-5, -1, -2e-3;
    require_exact_loss(model, features);
    model.b << 1e-3, -2e-5, 0, 1e-6, 0.1;
    require_exact_loss(model, features);
  }
  SECTION("outputs always on, always off") {
    ToyModel model = random_model(5, 2, 0.5, 26);
    model.b.setConstant(9.0);
    require_exact(model, features);
    model.b.setConstant(-9.0);
    require_exact(model, features);
    CHECK(exact_loss(model, features).loss == Approx(zero_model_loss(features)).epsilon(1e-14));
  }
  SECTION("features never and always active") {
    FeatureDistribution mixed = features;
    mixed.density << 0.0, 1.0, 0.3, 1.0, 0.0;
    require_exact(random_model(5, 2, 0.9, 27), mixed);
    mixed.density.setZero();
    ToyModel silent = random_model(5, 2, 0.9, 28);
    silent.b.setConstant(-0.5);
    CHECK(exact_loss(silent, mixed).loss == 0.0);
  }
  SECTION("a feature of no importance") {
    FeatureDistribution mixed = features;
    mixed.importance[2] = 0.0;
    require_exact(random_model(5, 2, 0.9, 29), mixed);
    mixed.importance.setZero();
    CHECK(exact_loss(random_model(5, 2, 0.9, 29), mixed).loss == 0.0);
  }
}

TEST_CASE("the loss does not change under rotation of W or relabelling, and is linear in importance") {
  const ToyModel model = random_model(20, 5, 0.4, 31);
  const FeatureDistribution features = uneven_features(20, 31);
  const double loss = exact_loss(model, features).loss;

  const Eigen::MatrixXd turned = product(random_rotation(5, 3), model.W);
  CHECK(exact_loss({turned, model.b, model.kind}, features).loss == Approx(loss).epsilon(1e-10));

  const Eigen::VectorXi shuffled = Eigen::VectorXi::LinSpaced(20, 19, 0);
  const ToyModel relabelled{model.W(Eigen::all, shuffled), model.b(shuffled), model.kind};
  const FeatureDistribution moved{features.density(shuffled), features.importance(shuffled)};
  CHECK(exact_loss(relabelled, moved).loss == Approx(loss).epsilon(1e-10));

  CHECK(exact_loss(model, {features.density, 3.0 * features.importance}).loss ==
        Approx(3.0 * loss).epsilon(1e-10));
}

TEST_CASE("in the sparse limit L/(1 − S) tends to L_1, at first order") {
  ToyModel model = random_model(6, 2, 0.7, 41);
  model.b = -model.b.cwiseAbs();  // so that L_0 = 0
  const double L1 = one_sparse_loss(model, Eigen::VectorXd::Ones(6)).total();
  double previous = 1.0;
  for (const double p : {1e-2, 1e-3, 1e-4, 1e-5}) {
    const double distance = std::abs(exact_loss(model, uniform_features(6, p)).loss / p / L1 - 1.0);
    CHECK(distance < 0.11 * previous);
    previous = distance;
  }
}

TEST_CASE("sampling agrees within 4 standard errors") {
  struct Case {
    Eigen::Index n;
    Eigen::Index m;
    double density;
    std::size_t samples;
  };
  const auto [n, m, density, samples] = GENERATE(Case{20, 5, 0.1, 1U << 18}, Case{20, 5, 1.0, 1U << 18},
                                                 Case{80, 20, 0.05, 1U << 18}, Case{400, 30, 0.1, 1U << 15});
  const ToyModel model = random_model(n, m, 0.6 / std::sqrt(double(m)), 51);
  const FeatureDistribution features = uniform_features(n, density);
  ExactLossOptions options;
  options.relative_tolerance = 1e-6;
  options.threads = 0;
  const double exact = exact_loss(model, features, options).loss;
  const SampledLoss sampled = sampled_loss(model, features, samples, 7, 0);
  CAPTURE(n, exact, sampled.mean, sampled.standard_error);
  CHECK(std::abs(sampled.mean - exact) <= 4.0 * sampled.standard_error);
  CHECK(sampled.standard_error < 0.02 * exact);
}

TEST_CASE("the loss does not depend on the number of threads") {
  const ToyModel model = random_model(20, 5, 0.4, 61);
  const FeatureDistribution features = uniform_features(20, 0.1);
  ExactLossOptions two;
  two.threads = 2;
  CHECK(exact_loss(model, features).loss == exact_loss(model, features, two).loss);
}

TEST_CASE("couplings over hundreds of decades, and weights too large for doubles") {
  // Feature i couples to the first with 10^−7i.
  ToyModel model{Eigen::MatrixXd::Zero(2, 40), Eigen::VectorXd::Zero(40)};
  for (Eigen::Index i = 0; i < 40; ++i) {
    model.W(0, i) = std::pow(10.0, -7.0 * double(i));
    model.W(1, i) = i % 2 == 0 ? 1e-3 * model.W(0, i) : -model.W(0, i);
  }
  const FeatureDistribution features = uniform_features(40, 0.2);
  const double exact = exact_loss(model, features).loss;
  const SampledLoss sampled = sampled_loss(model, features, 1U << 18, 9, 0);
  CHECK(std::abs(sampled.mean - exact) <= 4.0 * sampled.standard_error);
  model.W *= 1e200;
  CHECK_THROWS_AS(exact_loss(model, features), ToleranceError);
}

TEST_CASE("an unattainable tolerance is an error that names the one achieved") {
  const ToyModel model = random_model(8, 2, 0.8, 71);
  ExactLossOptions options;
  options.max_nodes = 16;
  CHECK_THROWS_AS(exact_loss(model, uniform_features(8, 0.5), options), ToleranceError);
  CHECK_THROWS_WITH(exact_loss(model, uniform_features(8, 0.5), options),
                    Catch::Contains("achieved, 1.0e-10 asked for"));
}

TEST_CASE("bad input is refused") {
  const FeatureDistribution features = uniform_features(3, 0.5);
  ToyModel model = random_model(3, 2, 1.0, 81);
  model.W(0, 1) = std::nan("");
  CHECK_THROWS_AS(exact_loss(model, features), InputError);
  CHECK_THROWS_AS(exact_loss(random_model(4, 2, 1.0, 81), features), InputError);
}

TEST_CASE("features in sets have the exact loss of their samples") {
  FeatureDistribution features = uneven_features(7, 21);
  features.density << 0.3, 0.2, 0.3, 0.1, 0.5, 0.15, 0.4;
  features.sets = {{SetRelation::correlated, {0, 2}}, {SetRelation::anticorrelated, {3, 4, 5}}};
  const ToyModel model = random_model(7, 3, 0.6, 21);
  const ExactLoss exact = exact_loss(model, features);
  const SampledLoss sampled = sampled_loss(model, features, 1 << 22, 3, 0);
  CHECK(std::abs(exact.loss - sampled.mean) <= 4.0 * sampled.standard_error);
  CHECK(exact.loss == Approx(exact.reconstruction.sum() + exact.interference.sum()).epsilon(1e-12));
}

TEST_CASE("a set of one feature changes nothing") {
  FeatureDistribution features = uneven_features(5, 22);
  const ToyModel model = random_model(5, 2, 0.6, 22);
  const double alone = exact_loss(model, features).loss;
  features.sets = {{SetRelation::correlated, {1}}, {SetRelation::anticorrelated, {3}}};
  CHECK(exact_loss(model, features).loss == Approx(alone).epsilon(1e-10));
}

TEST_CASE("a published loss that is rational: (2, 1) at S = 0") {
  const Eigen::RowVector2d W(0.6, 0.8);
  const double published = 1.0 / 12.0 - 369.0 / 40960000.0;
  const auto loss_of = [&](double first, double second) {
    return exact_loss({W, Eigen::Vector2d(first, second)}, uniform_features(2, 1.0)).loss;
  };
  CHECK(std::abs(loss_of(0.08, -0.06) - published) <= 1e-14);
  CHECK(loss_of(-0.06, 0.08) > published + 1e-3);  // biases exchanged
}
