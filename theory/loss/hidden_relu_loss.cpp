#include "theory/loss/hidden_relu_loss.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "theory/engine/hidden_relu_cones.hpp"
#include "theory/engine/hidden_relu_samples.hpp"
#include "theory/loss/decomposition.hpp"
#include "theory/loss/exact_loss.hpp"

namespace digon {
namespace {

using Index = Eigen::Index;

constexpr Index most_features = 1000;

void require_hidden_relu(ModelKind kind) {
  if (!has_relu_hidden(kind)) reject("kind: {} given; accepted: relu-hidden, absolute-value", name_of(kind));
}

bool has_zero_inside(const ActiveValue& values) {
  return !values.is_constant() && values.least <= 0.0 && values.greatest >= 0.0;
}

void require_law(const FeatureDistribution& features) {
  if (features.data) return;
  if (!features.sets.empty()) {
    reject(
        "sets: {} given; of models with a ReLU in the hidden layer accepted: independent features, exactly K "
        "active, or data",
        features.sets.size());
  }
  if (!has_zero_inside(features.values)) {
    reject(
        "values: {} given; of models with a ReLU in the hidden layer accepted: uniform on an interval with "
        "0 in it",
        name_of(features.values));
  }
  if (features.features() > most_features) {
    reject("features: {} given; of models with a ReLU in the hidden layer at most {} are accepted",
           features.features(), most_features);
  }
}

/// The rays of active values and their targets; of data, which have any values, those of [−1, 1].
std::vector<FeatureRay> rays_of(ModelKind kind, const FeatureDistribution& features) {
  const ActiveValue values = features.data ? ActiveValue::signed_uniform : features.values;
  const double width = values.greatest - values.least;
  std::vector<FeatureRay> rays;
  if (values.greatest > 0.0) rays.push_back({values.greatest, values.greatest / width, values.greatest});
  if (values.least < 0.0) {
    rays.push_back({values.least, -values.least / width,
                    kind == ModelKind::absolute_value ? -values.least : values.least});
  }
  return rays;
}

HiddenReluNetwork network_of(const ToyModel& model, const FeatureDistribution& features) {
  return {model.W, is_tied(model.kind) ? Eigen::MatrixXd(model.W.transpose()) : model.W_out, model.b,
          features.importance, rays_of(model.kind, features)};
}

/// What decides which features are active.
struct CountLaw {
  Eigen::VectorXd weight;  // P(k active) [n+1]
  Odds odds;               // of those that are, given how many
};

CountLaw active_law(const FeatureDistribution& features) {
  const Index n = features.features();
  if (const auto of_one_density = count_weights(features)) return {*of_one_density, Odds::Ones(n)};
  Eigen::VectorXd weight = Eigen::VectorXd::Unit(n + 1, 0);
  for (Index i = 0; i < n; ++i) {
    const double p = features.density[i];
    for (Index k = i + 1; k >= 1; --k) weight[k] = (1.0 - p) * weight[k] + p * weight[k - 1];
    weight[0] *= 1.0 - p;
  }
  // A feature that is always active is the likeliest by far, and no pattern without it has any weight.
  constexpr double least_off = 1e-15;
  return {weight, features.density.array() / (1.0 - features.density.array()).max(least_off)};
}

// ---- estimating ----

constexpr std::uint32_t pilot_scramble = 1U << 20;
constexpr std::uint32_t trial_scramble = 1U << 21;
constexpr std::size_t pilot_samples = 1024;

/// One source of samples and its share of the loss.
struct Stratum {
  double weight = 1.0;
  std::unique_ptr<SampleSource> source;
  double coefficient = 0.0;  // of the control
  double need = 1.0;         // weight times standard deviation, as the pilot has it
};

struct Sums {
  double loss = 0.0;
  double control = 0.0;
};

/// The sums over points begin … end of a net.
Sums sum_of_points(const HiddenReluNetwork& network, const SampleSource& source, const SobolNet& net,
                   std::size_t begin, std::size_t end) {
  constexpr std::size_t tile_samples = HiddenReluTile::samples;
  HiddenReluTile tile(network);
  HiddenReluTile::Numbers control{};
  Sums sums;
  for (std::size_t first = begin / tile_samples * tile_samples; first < end; first += tile_samples) {
    source.draw(net, first, tile, control);
    const HiddenReluTile::Numbers& losses = tile.losses();
    for (std::size_t s = std::max(begin, first); s < std::min(end, first + tile_samples); ++s) {
      sums.loss += losses[s - first];
      sums.control += control[s - first];
    }
  }
  return sums;
}

/// How much a stratum's losses spread, and how much of that the control explains.
void look_at(const HiddenReluNetwork& network, std::uint64_t seed, Stratum& stratum) {
  const SobolNet net(stratum.source->dimensions(), seed, pilot_scramble);
  HiddenReluTile tile(network);
  HiddenReluTile::Numbers control{};
  double f = 0.0;
  double c = 0.0;
  double ff = 0.0;
  double cc = 0.0;
  double fc = 0.0;
  for (std::size_t first = 0; first < pilot_samples; first += HiddenReluTile::samples) {
    stratum.source->draw(net, first, tile, control);
    const HiddenReluTile::Numbers& losses = tile.losses();
    for (std::size_t s = 0; s < HiddenReluTile::samples; ++s) {
      f += losses[s];
      c += control[s];
      ff += losses[s] * losses[s];
      cc += control[s] * control[s];
      fc += losses[s] * control[s];
    }
  }
  const double N = double(pilot_samples);
  const double variance_c = std::max(cc / N - (c / N) * (c / N), 0.0);
  const double covariance = fc / N - (f / N) * (c / N);
  stratum.coefficient = variance_c > 0.0 ? covariance / variance_c : 0.0;
  const double variance = ff / N - (f / N) * (f / N) - stratum.coefficient * covariance;
  stratum.need = stratum.weight * std::sqrt(std::max(variance, 1e-24 * ff / N));
}

/// Estimates of Σ weight · mean over the strata by some scrambles, taken further level by level: a level is a
/// power of 2 of points in the stratum that needs most, of every scramble.
class Estimate {
 public:
  Estimate(const HiddenReluNetwork& network, std::vector<Stratum> strata, std::uint64_t seed,
           std::size_t threads)
      : network_(network), strata_(std::move(strata)), seed_(seed), threads_(threads) {
    parallel_for(strata_.size(), threads, [&](std::size_t k) { look_at(network_, seed_, strata_[k]); });
  }

  /// From new scrambles.
  void begin(std::uint32_t first_scramble, std::size_t scrambles) {
    nets_.clear();
    for (std::size_t r = 0; r < scrambles; ++r) {
      for (const Stratum& stratum : strata_) {
        nets_.emplace_back(stratum.source->dimensions(), seed_, first_scramble + std::uint32_t(r));
      }
    }
    scrambles_ = scrambles;
    done_.assign(strata_.size(), 0);
    sums_.assign(nets_.size(), {});
  }

  void extend_to(int level) {
    std::vector<std::size_t> points(strata_.size());
    double greatest = 0.0;
    for (const Stratum& stratum : strata_) greatest = std::max(greatest, stratum.need);
    for (std::size_t k = 0; k < strata_.size(); ++k) {
      const double share = greatest > 0.0 ? std::log2(std::max(strata_[k].need / greatest, 1e-30)) : 0.0;
      points[k] = std::size_t{1} << std::max(0, int(std::lround(double(level) + share)));
    }
    // What costs most begins first.
    parallel_for(nets_.size(), threads_, [&](std::size_t task) {
      const std::size_t k = task % strata_.size();
      if (points[k] <= done_[k]) return;
      const Sums more = sum_of_points(network_, *strata_[k].source, nets_[task], done_[k], points[k]);
      sums_[task].loss += more.loss;
      sums_[task].control += more.control;
    });
    done_ = points;
  }

  [[nodiscard]] std::size_t samples() const {
    std::size_t sum = 0;
    for (const std::size_t points : done_) sum += points;
    return scrambles_ * sum;
  }
  [[nodiscard]] double mean() const {
    double sum = 0.0;
    for (std::size_t r = 0; r < scrambles_; ++r) sum += mean_of(r);
    return sum / double(scrambles_);
  }
  [[nodiscard]] double standard_error() const {
    return std::sqrt(central_moment(2) / double(scrambles_ - 1));
  }
  /// Of the scrambles' means, estimated without bias for a normal law.
  [[nodiscard]] double skewness() const {
    const double R = double(scrambles_);
    const double variance = central_moment(2);
    if (variance == 0.0) return 0.0;
    return std::sqrt(R * (R - 1.0)) / (R - 2.0) * central_moment(3) / std::pow(variance, 1.5);
  }

 private:
  [[nodiscard]] double central_moment(int power) const {
    const double center = mean();
    double sum = 0.0;
    for (std::size_t r = 0; r < scrambles_; ++r) sum += whole_power(mean_of(r) - center, power);
    return sum / double(scrambles_);
  }
  [[nodiscard]] double mean_of(std::size_t scramble) const {
    double sum = 0.0;
    for (std::size_t k = 0; k < strata_.size(); ++k) {
      const Stratum& stratum = strata_[k];
      const Sums& sums = sums_[scramble * strata_.size() + k];
      const double points = double(done_[k]);
      sum += stratum.weight * (sums.loss / points - stratum.coefficient * (sums.control / points -
                                                                           stratum.source->control_mean()));
    }
    return sum;
  }

  const HiddenReluNetwork& network_;
  std::vector<Stratum> strata_;
  std::uint64_t seed_;
  std::size_t threads_;
  std::size_t scrambles_ = 0;
  std::vector<SobolNet> nets_;  // scramble by scramble, stratum by stratum
  std::vector<Sums> sums_;
  std::vector<std::size_t> done_;
};

/// Numbers of active features of less weight than this together are left out.
constexpr double least_weight = 1e-15;

std::vector<Stratum> strata_beyond(const HiddenReluNetwork& network, const SingleFeatureLoss& single,
                                   const CountLaw& law, Index exact) {
  std::vector<Stratum> strata;
  for (Index k = exact + 1; k < law.weight.size(); ++k) {
    if (law.weight[k] < least_weight / double(law.weight.size())) continue;
    strata.push_back({law.weight[k], std::make_unique<StratumSamples>(network, single, law.odds, k)});
  }
  return strata;
}

std::vector<Stratum> everything(const HiddenReluNetwork& network, const FeatureDistribution& features) {
  std::vector<Stratum> one;
  one.push_back({1.0, std::make_unique<DenseSamples>(network, features.density)});
  return one;
}

/// What a trial of 8 nets of 256 points says an estimate costs: variance times samples.
double cost_of(Estimate& estimate) {
  constexpr std::size_t scrambles = 8;
  constexpr int level = 8;
  estimate.begin(trial_scramble, scrambles);
  estimate.extend_to(level);
  const double error = estimate.standard_error();
  return error * error * double(estimate.samples());
}

/// L̄_3 costs so many seconds, about; it is worth them where the tolerance is small.
bool third_pays(const HiddenReluNetwork& network, double tolerance) {
  const double n = double(network.features());
  const double m = double(network.hidden());
  const double rays = double(network.rays.size());
  const double triples = n * (n - 1.0) * (n - 2.0) / 6.0 * rays * rays * rays;
  const double seconds = triples * 3.0 * (1.0 + m + m * m / 4.0) * n * 4e-8;
  constexpr double small_tolerance = 3e-5;
  return network.features() <= 3 || seconds < (tolerance <= small_tolerance ? 0.05 : 0.005);
}

/// Of data the loss is the mean over them.
HiddenReluLoss loss_of_data(const ToyModel& model, const FeatureDistribution& features, std::size_t threads) {
  HiddenReluLoss result;
  result.loss = HiddenReluObjective(model.kind, features)(model, threads).loss;
  result.error = 1e-15 * result.loss;
  return result;
}

/// Goes on until the interval is as small as is asked for, relative to the loss or to `least_loss`.
void estimate_rest(Estimate& estimate, double exact, double least_loss, const HiddenReluLossOptions& options,
                   HiddenReluLoss& result) {
  constexpr std::size_t scrambles = 16;
  constexpr int first_level = 5;
  // Of few points most of 16 scrambles miss what is rare and costs most.
  constexpr int least_level = 11;
  constexpr int most_levels = 30;
  // Student's quantile of 15 degrees of freedom at 95%, further off on the side of the longer tail (Johnson
  // 1978), taken for both sides.
  constexpr double t = 2.1314;
  constexpr double by_skewness = (2.0 * t * t + 1.0) / (6.0 * 4.0);  // 4 = √scrambles
  estimate.begin(0, scrambles);
  for (int level = first_level; level <= most_levels; ++level) {
    throw_if_interrupted();
    estimate.extend_to(level);
    result.samples = estimate.samples();
    result.loss = exact + estimate.mean();
    result.standard_error = estimate.standard_error();
    result.error = (t + by_skewness * std::abs(estimate.skewness())) * result.standard_error;
    const double asked = options.relative_tolerance * std::max(result.loss, least_loss);
    if (level >= least_level && result.error <= asked) break;
    if (2 * result.samples > options.most_samples) break;
  }
}

}  // namespace

bool has_hidden_relu_loss(const FeatureDistribution& features) {
  return features.data ||
         (features.sets.empty() && has_zero_inside(features.values) && features.features() <= most_features);
}

Eigen::VectorXd mean_targets(ModelKind kind, const FeatureDistribution& features) {
  const bool is_absolute = kind == ModelKind::absolute_value;
  if (features.data) {
    const Eigen::MatrixXd& x = features.data->x;
    return is_absolute ? Eigen::VectorXd(x.cwiseAbs().rowwise().mean()) : Eigen::VectorXd(x.rowwise().mean());
  }
  double mean = 0.0;
  for (const FeatureRay& ray : rays_of(kind, features)) mean += 0.5 * ray.probability * ray.target;
  return mean * features.density;
}

OneSparseLoss hidden_relu_one_sparse_loss(const ToyModel& model, const Eigen::VectorXd& importance) {
  FeatureDistribution features = uniform_features(model.features(), 0.0);
  features.importance = importance;
  if (model.kind == ModelKind::absolute_value) features.values = ActiveValue::signed_uniform;
  return hidden_relu_one_sparse_loss(model, features);
}

OneSparseLoss hidden_relu_one_sparse_loss(const ToyModel& model, const FeatureDistribution& features) {
  validate(model, features);
  require_hidden_relu(model.kind);
  require_law(features);
  const Eigen::MatrixXd errors = errors_of_single_features(network_of(model, features));
  return {errors.diagonal(), errors.colwise().sum().transpose() - errors.diagonal()};
}

HiddenReluLoss hidden_relu_loss(const ToyModel& model, const FeatureDistribution& features,
                                const HiddenReluLossOptions& options) {
  validate(model, features);
  require_hidden_relu(model.kind);
  require_law(features);
  if (features.data) return loss_of_data(model, features, options.threads);
  const HiddenReluNetwork network = network_of(model, features);
  const CountLaw law = active_law(features);
  const Index n = network.features();
  const double active = features.density.sum();
  constexpr double surely_sparse = 0.5;
  constexpr double surely_dense = 6.0;
  HiddenReluLoss result;
  result.weight = law.weight;
  const bool all_at_once = !features.active && active > surely_dense;
  const bool third = n >= 3 && !all_at_once && third_pays(network, options.relative_tolerance);
  const Index exact = std::min<Index>(n, third ? 3 : 2);
  result.exact_means = means_by_active(network, law.odds, exact, options.threads);
  result.loss = result.exact_part();
  const double left = law.weight.tail(n - exact).sum();
  if (left == 0.0) {
    result.error = 1e-15 * result.loss;
    return result;
  }

  const double least_loss = smallest_share * zero_model_loss(features);
  const SingleFeatureLoss single(network);
  if (features.active || active < surely_sparse) {
    Estimate strata(network, strata_beyond(network, single, law, exact), options.seed, options.threads);
    result.estimator = RestEstimator::strata;
    estimate_rest(strata, result.loss, least_loss, options, result);
    return result;
  }
  Estimate net(network, everything(network, features), options.seed, options.threads);
  if (!all_at_once) {
    Estimate strata(network, strata_beyond(network, single, law, exact), options.seed, options.threads);
    if (cost_of(strata) < cost_of(net)) {
      result.estimator = RestEstimator::strata;
      estimate_rest(strata, result.loss, least_loss, options, result);
      return result;
    }
  }
  result.estimator = RestEstimator::net;
  estimate_rest(net, 0.0, least_loss, options, result);
  return result;
}

// ---- the objective of descents ----

/// Fixed samples, tile by tile.
struct HiddenReluObjective::Samples {
  struct Part {
    double weight;      // of a sample
    std::size_t count;  // of samples that count in the tile
    Eigen::VectorXd x;  // [samples × n], a feature after the other
  };
  Eigen::Vector3d exact;  // the weights of L̄_0 … L̄_2; 0 where the samples have all
  Odds odds;
  std::vector<Part> parts;
};

namespace {

constexpr std::size_t tile_samples = HiddenReluTile::samples;

Eigen::VectorXd drawn(const HiddenReluNetwork& network, const SampleSource& source, const SobolNet& net,
                      std::size_t first) {
  HiddenReluTile tile(network);
  HiddenReluTile::Numbers control{};
  source.draw(net, first, tile, control);
  Eigen::VectorXd x(Index(tile_samples) * network.features());
  for (Index i = 0; i < network.features(); ++i) {
    std::copy_n(tile.x(i).begin(), tile_samples, x.data() + i * Index(tile_samples));
  }
  return x;
}

}  // namespace

HiddenReluObjective::HiddenReluObjective(ModelKind kind, const FeatureDistribution& features,
                                         const Options& options)
    : kind_(kind), features_(features) {
  require_hidden_relu(kind);
  require_law(features);
  const Index n = features.features();
  auto fixed = std::make_shared<Samples>();
  fixed->exact.setZero();
  const auto add = [&](const HiddenReluNetwork& network, const SampleSource& source, double weight,
                       std::size_t points, std::uint32_t scramble) {
    const SobolNet net(source.dimensions(), options.seed, scramble);
    for (std::size_t first = 0; first < points; first += tile_samples) {
      const std::size_t count = std::min(tile_samples, points - first);
      fixed->parts.push_back({weight / double(points), count, drawn(network, source, net, first)});
    }
  };
  if (features.data) {
    const Index T = features.data->x.cols();
    for (Index first = 0; first < T; first += Index(tile_samples)) {
      const Index count = std::min(Index(tile_samples), T - first);
      Eigen::MatrixXd x = Eigen::MatrixXd::Zero(Index(tile_samples), n);
      x.topRows(count) = features.data->x.middleCols(first, count).transpose();
      fixed->parts.push_back({1.0 / double(T), std::size_t(count), x.reshaped()});
    }
    samples_ = std::move(fixed);
    return;
  }
  const CountLaw law = active_law(features);
  fixed->odds = law.odds;
  // No weights yet: sources know the law alone.
  const HiddenReluNetwork network{Eigen::MatrixXd::Zero(1, n), Eigen::MatrixXd::Zero(n, 1),
                                  Eigen::VectorXd::Zero(n), features.importance, rays_of(kind, features)};
  constexpr double sparse = 2.0;
  if (!features.active && features.density.sum() >= sparse) {
    add(network, DenseSamples(network, features.density), 1.0, options.samples, 0);
  } else {
    const Index exact = std::min(options.exact, n);
    fixed->exact.head(exact + 1) = law.weight.head(exact + 1);
    const SingleFeatureLoss single(network);
    double total = 0.0;
    for (const Stratum& one : strata_beyond(network, single, law, exact)) total += one.weight;
    for (const Stratum& one : strata_beyond(network, single, law, exact)) {
      const double share = std::log2(double(options.samples) * one.weight / total);
      add(network, *one.source, one.weight, std::size_t{1} << std::max(0, int(std::lround(share))), 0);
    }
  }
  samples_ = std::move(fixed);
}

LossGradient HiddenReluObjective::operator()(const ToyModel& model, std::size_t threads) const {
  validate(model, features_);
  const HiddenReluNetwork network = network_of(model, features_);
  LossGradient result;
  HiddenReluGradient sum = HiddenReluGradient::zero(network);
  if (samples_->exact.any()) {
    const MeansAndGradient few = means_and_gradient(network, samples_->odds, samples_->exact, threads);
    result.loss = few.means.dot(samples_->exact);
    sum.add(1.0, few.gradient);
  }
  // Groups of tiles, the same for any number of threads.
  constexpr std::size_t group = 64;
  const std::size_t groups = (samples_->parts.size() + group - 1) / group;
  std::vector<double> losses(groups, 0.0);
  std::vector<HiddenReluGradient> gradients(groups);
  parallel_for(groups, threads, [&](std::size_t g) {
    gradients[g] = HiddenReluGradient::zero(network);
    HiddenReluTile tile(network);
    for (std::size_t k = g * group; k < std::min(samples_->parts.size(), (g + 1) * group); ++k) {
      const Samples::Part& part = samples_->parts[k];
      for (Index i = 0; i < network.features(); ++i) {
        std::copy_n(part.x.data() + i * Index(tile_samples), tile_samples, tile.x(i).begin());
      }
      const HiddenReluTile::Numbers& each = tile.losses();
      for (std::size_t s = 0; s < part.count; ++s) losses[g] += part.weight * each[s];
      tile.add_gradient(part.weight, part.count, gradients[g]);
    }
  });
  for (std::size_t g = 0; g < groups; ++g) {
    result.loss += losses[g];
    sum.add(1.0, gradients[g]);
  }
  result.by_W = sum.by_W;
  if (is_tied(kind_)) {
    result.by_W += sum.by_D.transpose();
  } else {
    result.by_W_out = sum.by_D;
  }
  result.by_b = sum.by_b;
  return result;
}

}  // namespace digon
