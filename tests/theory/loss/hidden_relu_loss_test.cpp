#include "theory/loss/hidden_relu_loss.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "tests/derivative_check.hpp"
#include "tests/random_models.hpp"
#include "theory/loss/decomposition.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/optima/optimum_record.hpp"

using namespace digon;

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// A model, its importances and values, and its L̄_1 … L̄_3 from exact rational arithmetic.
struct Reference {
  std::string name;
  ToyModel model;
  Eigen::VectorXd importance;
  ActiveValue values;
  Eigen::Vector3d means;
};

using Rows = std::vector<std::vector<double>>;

Eigen::MatrixXd matrix(const Rows& rows) {
  Eigen::MatrixXd M(Eigen::Index(rows.size()), Eigen::Index(rows.front().size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < rows[i].size(); ++j) M(Eigen::Index(i), Eigen::Index(j)) = rows[i][j];
  }
  return M;
}

Eigen::VectorXd vector(const std::vector<double>& values) {
  return Eigen::Map<const Eigen::VectorXd>(values.data(), Eigen::Index(values.size()));
}

/// No W_out: tied, W_outᵀ = W.
Reference reference(const std::string& name, const Rows& W, const Rows& W_out, const std::vector<double>& b,
                    const std::vector<double>& importance, bool is_signed, const Eigen::Vector3d& means) {
  ToyModel model{matrix(W), vector(b), ModelKind::relu_hidden};
  if (!W_out.empty()) {
    model.kind = ModelKind::absolute_value;
    model.W_out = matrix(W_out);
  }
  return {name, model, vector(importance), is_signed ? ActiveValue::signed_uniform : ActiveValue::uniform,
          means};
}

std::vector<Reference> references() {
  const std::vector<double> falling{1.0, 0.75, 0.5625, 0.421875};
  const Rows A{{1, -.5}, {.25, .75}};
  return {
      reference("A", A, {}, {-.125, .0625}, {1, .75}, false, {1.941395737216e-2, 8.903665580553e-2, unknown}),
      reference("B", A, {{1, .5}, {-.25, 1}}, {-.125, .0625}, {1, .75}, true,
                {321377. / 1990656, 358641383. / 1213857792, unknown}),
      reference("C", {{1, -1}, {-2, 1}, {.5, .25}}, {{1, 0, -.5}, {-1, 1, 1}}, {.1, -.2}, {1, 1}, false,
                {581. / 75000, 41138761. / 121500000, unknown}),
      reference("D", {{1, 0}, {-2, 0}, {0, .5}, {0, -1}}, {{1, .5, 0, 0}, {0, 0, 2, 1}}, {0, 0}, {1, 1}, true,
                {0, 0, unknown}),
      reference("E", {{1, -1}, {.5, 2}}, {{1, 1}, {1, -1}}, {-9, -9}, {1, 1}, true,
                {1. / 3, 2. / 3, unknown}),
      reference("F", A, {}, {3, 3}, {1, 1}, false, {2215. / 128, 49073. / 3072, unknown}),
      reference("G", {{0, 0, 0}, {1, -2, 0}, {-.5, .5, 0}}, {{1, 1, 2}, {.5, -1, 0}, {1, 0, .3}}, {0, 0, 0},
                {1, .8, .64}, true, {4943. / 11250, 278717. / 360000, 1.020508333333}),
      reference("H", {{1, -1, .5}, {2, -2, 1}, {-.5, .5, -.25}}, {{1, -.25, .5}, {.5, .25, -1}, {-.3, .2, 1}},
                {.05, -.1, .2}, {1, 1, 1}, true, {8831. / 28800, 687421. / 1440000, .5695373229167}),
      reference("I", {{1, 0}, {0, 1}}, {{1, .5}, {.5, 1}}, {-1.499, -1.499}, {1, 1}, false,
                {1. / 3, 333333332667. / 500000000000, unknown}),
      reference("J", {{1, -1, .1, 0}, {0, .2, 1, -1}}, {}, {-.1, 0, .05, -.02}, falling, false,
                {97583. / 960000, 4564863967. / 19468800000, .4020015536654}),
      reference("K", {{.213, -.728, .525, .658}, {-1.366, -.912, .089, -.221}, {-.012, -.597, .616, .544}},
                {}, {.046, .789, .327, -.602}, falling, false,
                {.4134101218383, .3864688839571, .4060911801419}),
      reference("L", {{.258, -.671, .615, -.035}, {-.129, -.477, .856, -.108}, {-.3, -.246, .373, .256}},
                {{.289, .302, 1.499}, {-.284, -.359, -.57}, {.431, .79, -.08}, {-.588, -.577, .455}},
                {.52, .38, -.466, .163}, {1, 1, 1, 1}, true,
                {.6793871260279, .8487687802944, .9794907134924})};
}

/// Relative, to the digits given, and absolute.
bool agrees(double value, double exact) {
  return std::abs(value - exact) <= 2e-12 * std::abs(exact) + 1e-15;
}

FeatureDistribution features_of(const Reference& one, double density) {
  FeatureDistribution features = uniform_features(one.model.features(), density);
  features.importance = one.importance;
  features.values = one.values;
  return features;
}

/// The mean loss of k active features.
double mean_of(const Reference& one, Eigen::Index k) {
  HiddenReluLossOptions options;
  options.relative_tolerance = 1e-5;  // L̄_3 is exact
  return hidden_relu_loss(one.model, with_active(features_of(one, 0.0), k), options).loss;
}

/// W → [W; −W], W_out → [Wᵀ, −Wᵀ]: h⁺ − h⁻ = h, the ReLU output model with a hidden layer of twice the size.
ToyModel with_hidden_relu(const ToyModel& model) {
  ToyModel twice{Eigen::MatrixXd(2 * model.hidden(), model.features()), model.b, ModelKind::absolute_value};
  twice.W << model.W, -model.W;
  twice.W_out = Eigen::MatrixXd(model.features(), 2 * model.hidden());
  twice.W_out << model.W.transpose(), -model.W.transpose();
  return twice;
}

/// W, W_out and b of a model in one vector.
Eigen::VectorXd all_parameters(const Eigen::MatrixXd& W, const Eigen::MatrixXd& W_out,
                               const Eigen::VectorXd& b) {
  Eigen::VectorXd x(W.size() + W_out.size() + b.size());
  x << W.reshaped(), W_out.reshaped(), b;
  return x;
}

void check_gradient(const HiddenReluObjective& objective, const ToyModel& at) {
  const auto value = [&](const Eigen::VectorXd& x) {
    ToyModel model = at;
    model.W = x.head(at.W.size()).reshaped(at.W.rows(), at.W.cols());
    model.W_out = x.segment(at.W.size(), at.W_out.size()).reshaped(at.W_out.rows(), at.W_out.cols());
    model.b = x.tail(at.b.size());
    return objective(model).loss;
  };
  const LossGradient said = objective(at);
  check_derivatives(value, all_parameters(at.W, at.W_out, at.b),
                    {said.loss, all_parameters(said.by_W, said.by_W_out, said.by_b)}, 1e-4);
}

}  // namespace

TEST_CASE("L_1, L_2 and L_3 of hidden ReLU models are those of rational arithmetic") {
  for (const Reference& one : references()) {
    for (Eigen::Index k = 1; k <= 3; ++k) {
      const double exact = one.means[k - 1];
      if (std::isnan(exact)) continue;
      const double value = mean_of(one, k);
      CAPTURE(one.name, k, value, exact);
      CHECK(agrees(value, exact));
      CHECK_FALSE(agrees(value * (1.0 + 1e-11) + 1e-11, exact));
    }
  }
}

TEST_CASE("the gradient of L_2 of a hidden ReLU model is that of rational arithmetic") {
  const Reference A = references().front();
  const HiddenReluObjective objective(A.model.kind, with_active(features_of(A, 0.0), 2));
  const LossGradient gradient = objective(A.model);
  const Eigen::MatrixXd by_W =
      matrix({{-.2553883208989, -.2002717686351}, {-.3989790078556, -.3707183527249}});
  const Eigen::VectorXd by_b = vector({-.3787495390313, -.2781804733728});
  CHECK((gradient.by_W - by_W).cwiseAbs().maxCoeff() < 1e-12);
  CHECK((gradient.by_b - by_b).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("gradients of hidden ReLU models are those of differences") {
  const auto kind = GENERATE(ModelKind::relu_hidden, ModelKind::absolute_value);
  const bool is_sparse = GENERATE(true, false);
  ToyModel model = random_model(4, 3, 0.8, 31, kind);
  if (!is_tied(kind)) model.W_out = random_model(4, 3, 0.8, 32).W.transpose();
  FeatureDistribution features = uneven_features(4, 31);
  features.density *= is_sparse ? 0.2 : 1.0;
  if (!is_tied(kind)) features.values = {-1.0, 1.0};
  // Few samples: the sum over them is what is differentiated, and has kinks.
  check_gradient(HiddenReluObjective(kind, features, {.samples = 16, .seed = 7}), model);
}

TEST_CASE("a ReLU output model and its like with a hidden ReLU have one loss") {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const ToyModel model = random_model(4, 2, 0.8, seed);
    const ToyModel twice = with_hidden_relu(model);
    const Eigen::VectorXd importance = uneven_features(4, seed).importance;
    // Signed values have |x| as the hidden ReLU's target here, and x as the other's.
    const Eigen::VectorXd L = decompose(model, importance).L_mean();
    FeatureDistribution features = uniform_features(4, 0.0);
    features.importance = importance;
    HiddenReluLossOptions options;
    options.relative_tolerance = 1e-5;
    for (Eigen::Index k = 0; k <= 3; ++k) {
      const double mean = hidden_relu_loss(twice, with_active(features, k), options).loss;
      CHECK(std::abs(mean - L[k]) <= 1e-13 * L[k] + 1e-15);
    }
    // Of features of densities of their own the rest is estimated.
    const FeatureDistribution uneven = uneven_features(4, seed);
    const HiddenReluLoss loss = hidden_relu_loss(twice, uneven, options);
    CHECK(std::abs(loss.loss - exact_loss(model, uneven).loss) <= 2.0 * loss.error);
    CHECK(loss.error <= 1e-5 * loss.loss);
  }
}

TEST_CASE("the worked example of docs/hidden-relu.md") {
  const Reference pair = reference("pair", {{1, -1}}, {}, {0, 0}, {1, 1}, false, {1. / 6, 1. / 2, unknown});
  const HiddenReluLoss loss = hidden_relu_loss(pair.model, features_of(pair, 0.1));
  CHECK(loss.loss == Approx(0.035).epsilon(1e-14));
  CHECK(loss.exact_means[1] == Approx(1.0 / 6.0).epsilon(1e-15));
  CHECK(loss.exact_means[2] == Approx(0.5).epsilon(1e-15));
  CHECK(loss.samples == 0);
}

TEST_CASE("scaling a hidden unit changes nothing") {
  Reference L = references().back();
  const double before = mean_of(L, 2);
  L.model.W.row(1) *= 3.0;
  L.model.W_out.col(1) /= 3.0;
  CHECK(mean_of(L, 2) == Approx(before).epsilon(1e-14));
  L.model.W.row(1) *= -1.0;  // the other side of the ReLU is another neuron
  L.model.W_out.col(1) *= -1.0;
  CHECK(std::abs(mean_of(L, 2) - before) > 1e-3);
}

TEST_CASE("values twice as large have four times the loss of biases twice as large") {
  Reference L = references().back();
  const double before = mean_of(L, 2);
  L.values = {-2.0, 2.0};
  L.model.b *= 2.0;
  CHECK(mean_of(L, 2) == Approx(4.0 * before).epsilon(1e-13));
}

TEST_CASE("the intervals of estimated losses hold 95%") {
  // All four active: outside what is exact, and of the model that is a ReLU output model known exactly.
  const ToyModel model = random_model(4, 2, 0.8, 5);
  const ToyModel twice = with_hidden_relu(model);
  FeatureDistribution features = uniform_features(4, 0.0);
  const double exact = decompose(model, features.importance).L_mean()[4];
  HiddenReluLossOptions options;
  options.relative_tolerance = 3e-3;
  constexpr int estimates = 200;
  int held = 0;
  int held_by_half = 0;
  for (int k = 0; k < estimates; ++k) {
    options.seed = std::uint64_t(k);
    const HiddenReluLoss loss = hidden_relu_loss(twice, with_active(features, 4), options);
    held += std::abs(loss.loss - exact) <= loss.error ? 1 : 0;
    held_by_half += std::abs(loss.loss - exact) <= 0.5 * loss.error ? 1 : 0;
  }
  CAPTURE(held, held_by_half);
  CHECK(held >= 179);  // 95% of 200 is 190 ± 3.1
  CHECK(held_by_half <= 165);
  CHECK(held_by_half >= 105);
}

TEST_CASE("the intervals hold 95% where what is rare costs most") {
  // 6 features in 8 neurons at density 0.03: an optimum, whose losses spread by what few patterns cause.
  FeatureDistribution features = uniform_features(6, 0.03);
  features.importance = parse_importance("importance", "0.8^i", 6);
  features.values = ActiveValue::signed_uniform;
  const RecordedOptimum* known = find_recorded(recorded_optima(), features, 8, ModelKind::absolute_value);
  REQUIRE(known != nullptr);
  HiddenReluLossOptions options;
  options.relative_tolerance = 0.1;
  const auto held = [&](std::size_t most_samples) {
    options.most_samples = most_samples;
    int count = 0;
    for (options.seed = 2; options.seed < 42; ++options.seed) {
      const HiddenReluLoss loss = hidden_relu_loss(known->model, features, options);
      count += std::abs(loss.loss - known->loss) <= loss.error + 1e-5 * known->loss ? 1 : 0;
    }
    return count;
  };
  CHECK(held(1U << 20) >= 35);  // of 40: 38 ± 1.4
  CHECK(held(1000) <= 33);      // 34 points a scramble
}

TEST_CASE("estimates do not depend on the threads, and are the seed's") {
  ToyModel model = random_model(6, 4, 0.8, 8, ModelKind::absolute_value);
  model.W_out = model.W.cwiseAbs().transpose();
  FeatureDistribution features = uniform_features(6, GENERATE(0.05, 0.3, 1.0));
  features.values = ActiveValue::signed_uniform;
  HiddenReluLossOptions options;
  options.relative_tolerance = 1e-3;
  const HiddenReluLoss one = hidden_relu_loss(model, features, options);
  options.threads = 2;
  CHECK(hidden_relu_loss(model, features, options).loss == one.loss);
  options.seed = 1;
  const HiddenReluLoss other = hidden_relu_loss(model, features, options);
  CHECK(other.loss != one.loss);
  CHECK(std::abs(other.loss - one.loss) <= 3.0 * std::hypot(one.error, other.error));
  const HiddenReluObjective objective(model.kind, features, {.samples = 256});
  CHECK(objective(model, 2).by_W == objective(model, 1).by_W);
}

TEST_CASE("the two ways to draw samples agree, and data have the loss of their samples") {
  ToyModel model = random_model(5, 3, 0.8, 9, ModelKind::absolute_value);
  model.W_out = model.W.cwiseAbs().transpose();
  // Densities of about 2 active features, where the trial decides; by a density of its own each feature.
  FeatureDistribution features = uneven_features(5, 9);
  features.values = {-1.0, 0.5};
  HiddenReluLossOptions options;
  options.relative_tolerance = 3e-4;
  const HiddenReluLoss chosen = hidden_relu_loss(model, features, options);
  const HiddenReluObjective samples(model.kind, features, {.samples = 1U << 15});
  CHECK(samples(model).loss == Approx(chosen.loss).epsilon(2e-3));
  FeatureDistribution sparse = features;
  sparse.density *= 0.3;
  const double fixed = HiddenReluObjective(model.kind, sparse)(model).loss;
  CHECK(fixed == Approx(hidden_relu_loss(model, sparse, options).loss).epsilon(2e-3));

  auto data = std::make_shared<FeatureData>();
  data->x = random_model(40, 5, 1.0, 3).W;
  const FeatureDistribution given = with_data(uniform_features(5, 0.0), data);
  double mean = 0.0;
  for (Eigen::Index t = 0; t < 40; ++t) {
    const Eigen::VectorXd x = data->x.col(t);
    mean +=
        (((model.W_out * (model.W * x).cwiseMax(0.0)) + model.b).cwiseMax(0.0) - x.cwiseAbs()).squaredNorm();
  }
  CHECK(hidden_relu_loss(model, given).loss == Approx(mean / 40.0).epsilon(1e-13));
}

TEST_CASE("a tolerance out of reach of the samples leaves the error that was achieved") {
  ToyModel model = random_model(5, 3, 0.8, 9, ModelKind::relu_hidden);
  HiddenReluLossOptions options;
  options.relative_tolerance = 1e-12;
  options.most_samples = 4096;
  const HiddenReluLoss loss = hidden_relu_loss(model, uniform_features(5, 0.3), options);
  CHECK(loss.samples <= 4096);
  CHECK(loss.error > 1e-12 * loss.loss);
  options.relative_tolerance = 1e-5;
  options.most_samples = 1U << 22;
  const HiddenReluLoss closer = hidden_relu_loss(model, uniform_features(5, 0.3), options);
  CHECK(closer.error <= 1e-5 * closer.loss);
  CHECK(std::abs(closer.loss - loss.loss) <= 2.0 * loss.error);
}

TEST_CASE("what hidden ReLU losses cannot take is named") {
  const ToyModel model = random_model(2, 1, 1.0, 1, ModelKind::relu_hidden);
  FeatureDistribution features = uniform_features(2, 0.1);
  const auto refuses = [&](const std::string& text) {
    CHECK_FALSE(has_hidden_relu_loss(features));
    CHECK_THROWS_WITH(hidden_relu_loss(model, features), Catch::Contains(text));
    CHECK_THROWS_WITH(HiddenReluObjective(model.kind, features), Catch::Contains(text));
  };
  CHECK(has_hidden_relu_loss(features));
  features.values = ActiveValue::binary;
  refuses("binary");
  features.values = {0.5, 1.0};
  refuses("uniform:0.5:1");
  features.values = ActiveValue::uniform;
  features.sets = {{SetRelation::correlated, {0, 1}, 1.0}};
  refuses("sets");
  CHECK_THROWS_WITH(hidden_relu_loss(random_model(2, 1, 1.0, 1), uniform_features(2, 0.1)),
                    Catch::Contains("relu-output"));
  CHECK_THROWS_WITH(hidden_relu_one_sparse_loss(random_model(2, 1, 1.0, 1), Eigen::VectorXd::Ones(2)),
                    Catch::Contains("relu-output"));
}
