#include "program/experiments/memorised_samples.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>
#include <vector>

#include "core/base/interrupt.hpp"
#include "core/base/random.hpp"
#include "theory/loss/data_loss.hpp"
#include "theory/optima/descent.hpp"
#include "theory/optima/polygon.hpp"

namespace digon {
namespace {

using Entry = SparseSamples::InnerIterator;

/// Indices 0 to count − 1 by ascending key, equal ones in their order.
template <typename Key>
std::vector<Eigen::Index> sorted_by(Eigen::Index count, const Key& key) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), Eigen::Index(0));
  std::stable_sort(order.begin(), order.end(),
                   [&](Eigen::Index s, Eigen::Index t) { return key(s) < key(t); });
  return order;
}

constexpr Eigen::Index nobody = -1;
constexpr double least_gain = 0.1;   ///< for which a sample joins M
constexpr double least_owned = 0.3;  ///< ρ of a sample that stays
constexpr int exchanges_tried = 8;   ///< to free one sample
constexpr int most_rounds = 50;

/// M while it is chosen and placed.
class Memory {
 public:
  Memory(const SparseSamples& x, std::uint64_t seed)
      : x_(x),
        by_feature_(x.transpose()),
        random_{seed, Purpose::initial_weights},
        owner_(std::size_t(x.rows()), nobody),
        model_{Eigen::MatrixXd::Zero(2, x.rows()), means(x)},
        means_(model_.b) {}

  /// Those that lower the loss, by number of features.
  void choose(Eigen::Index most) {
    std::vector<int> sharing(std::size_t(x_.rows()), 0);
    std::vector<double> owned(std::size_t(x_.rows()), 0.0);  // x² of its only owner
    for (const Eigen::Index t : sorted_by(x_.cols(), [&](Eigen::Index s) { return features_of(s); })) {
      if (Eigen::Index(samples_.size()) == most) break;
      double gain = 0.0;
      for (Entry entry(x_, t); entry; ++entry) {
        const auto i = std::size_t(entry.row());
        gain += sharing[i] == 0 ? entry.value() * entry.value() : sharing[i] == 1 ? -owned[i] : 0.0;
      }
      if (gain < least_gain) continue;
      for (Entry entry(x_, t); entry; ++entry) {
        const auto i = std::size_t(entry.row());
        ++sharing[i];
        owned[i] = entry.value() * entry.value();
      }
      samples_.push_back(t);
    }
    std::erase_if(samples_, [&](Eigen::Index t) {
      double share = 0.0;
      for (Entry entry(x_, t); entry; ++entry)
        share += sharing[std::size_t(entry.row())] == 1 ? entry.value() * entry.value() : 0.0;
      return share < least_owned;
    });
    for (std::size_t s = 0; s < samples_.size(); ++s) {
      for (Entry entry(x_, samples_[s]); entry; ++entry) {
        if (sharing[std::size_t(entry.row())] == 1) owner_[std::size_t(entry.row())] = Eigen::Index(s);
      }
    }
  }

  /// In random directions.
  void place() {
    cosine_ = std::cos(2.0 * std::numbers::pi / double(samples_.size()));
    radius_ = 1.0 / std::sqrt(1.0 - cosine_);
    slot_.resize(samples_.size());
    std::iota(slot_.begin(), slot_.end(), Eigen::Index(0));
    for (std::size_t s = slot_.size(); s > 1; --s) std::swap(slot_[s - 1], slot_[below(s)]);
    kept_.assign(samples_.size(), true);
    for (std::size_t s = 0; s < samples_.size(); ++s) put(s);
  }

  /// Until no other sample is beyond R cos(2π/K).
  void separate() {
    bool beyond = true;
    for (int round = 0; round < most_rounds && beyond; ++round) {
      beyond = false;
      for (Eigen::Index t = 0; t < x_.cols(); ++t) {
        while (is_beyond(t)) {
          throw_if_interrupted();
          beyond = true;
          const std::size_t s = most_in(t);
          if (round + 1 == most_rounds || !exchange(s)) drop(s);
        }
      }
    }
  }

  MemorisedSamples result() { return {std::move(model_), std::count(kept_.begin(), kept_.end(), true)}; }

 private:
  [[nodiscard]] int features_of(Eigen::Index t) const {
    return x_.outerIndexPtr()[t + 1] - x_.outerIndexPtr()[t];
  }

  std::size_t below(std::size_t count) {
    const auto words = random_.block(drawn_++);
    return std::size_t(open_unit_interval(words[0], words[1]) * double(count));
  }

  [[nodiscard]] bool owns(std::size_t s, Eigen::Index i) const {
    return owner_[std::size_t(i)] == Eigen::Index(s);
  }

  /// W and b of the features that s owns.
  void put(std::size_t s) {
    const double angle = 2.0 * std::numbers::pi * double(slot_[s]) / double(samples_.size());
    const Eigen::Vector2d direction(std::cos(angle), std::sin(angle));
    double share = 0.0;
    for (Entry entry(x_, samples_[s]); entry; ++entry)
      share += owns(s, entry.row()) ? entry.value() * entry.value() : 0.0;
    for (Entry entry(x_, samples_[s]); entry; ++entry) {
      if (!owns(s, entry.row())) continue;
      model_.W.col(entry.row()) = radius_ * entry.value() / share * direction;
      model_.b[entry.row()] = entry.value() * (1.0 - radius_ * radius_ / share);
    }
  }

  void drop(std::size_t s) {
    kept_[s] = false;
    for (Entry entry(x_, samples_[s]); entry; ++entry) {
      if (!owns(s, entry.row())) continue;
      owner_[std::size_t(entry.row())] = nobody;
      model_.W.col(entry.row()).setZero();
      model_.b[entry.row()] = means_[entry.row()];
    }
  }

  [[nodiscard]] Eigen::Vector2d hidden(Eigen::Index t) const {
    Eigen::Vector2d h = Eigen::Vector2d::Zero();
    for (Entry entry(x_, t); entry; ++entry) h += entry.value() * model_.W.col(entry.row());
    return h;
  }

  /// Not where it is answered: one of M, or the same as one.
  [[nodiscard]] bool is_beyond(Eigen::Index t) const {
    if (hidden(t).norm() <= radius_ * cosine_) return false;
    Eigen::Index of = nobody;
    for (Entry entry(x_, t); entry; ++entry) {
      const Eigen::Index s = owner_[std::size_t(entry.row())];
      if (s == nobody || s == of) continue;
      if (of != nobody) return true;
      of = s;
    }
    return samples_[std::size_t(of)] != t && features_of(t) > 1;
  }

  /// The sample of M that takes most part in h_t.
  [[nodiscard]] std::size_t most_in(Eigen::Index t) const {
    const Eigen::Vector2d h = hidden(t);
    double most = 0.0;
    Eigen::Index of = 0;
    for (Entry entry(x_, t); entry; ++entry) {
      const double part = entry.value() * model_.W.col(entry.row()).dot(h);
      if (part <= most) continue;
      most = part;
      of = owner_[std::size_t(entry.row())];
    }
    return std::size_t(of);
  }

  /// Samples beyond that have a feature which s owns, once for each.
  [[nodiscard]] Eigen::Index beyond_by(std::size_t s) const {
    Eigen::Index count = 0;
    for (Entry entry(x_, samples_[s]); entry; ++entry) {
      if (!owns(s, entry.row())) continue;
      for (Entry of(by_feature_, entry.row()); of; ++of) count += is_beyond(of.row()) ? 1 : 0;
    }
    return count;
  }

  void swap_slots(std::size_t s, std::size_t other) {
    std::swap(slot_[s], slot_[other]);
    if (kept_[s]) put(s);
    if (kept_[other]) put(other);
  }

  /// Gives s the direction of another where fewer samples are beyond then.
  bool exchange(std::size_t s) {
    const Eigen::Index of_s = beyond_by(s);
    for (int k = 0; k < exchanges_tried; ++k) {
      const std::size_t other = below(samples_.size());
      if (other == s) continue;
      const Eigen::Index before = of_s + (kept_[other] ? beyond_by(other) : 0);
      swap_slots(s, other);
      const Eigen::Index after = beyond_by(s) + (kept_[other] ? beyond_by(other) : 0);
      if (after < before) return true;
      swap_slots(s, other);
    }
    return false;
  }

  const SparseSamples& x_;
  SparseSamples by_feature_;  ///< [T×n]
  RandomStream random_;
  std::uint64_t drawn_ = 0;
  std::vector<Eigen::Index> samples_;  ///< M
  std::vector<Eigen::Index> slot_;     ///< the number of its direction
  std::vector<bool> kept_;
  std::vector<Eigen::Index> owner_;  ///< of each feature, as numbered in M
  ToyModel model_;
  Eigen::VectorXd means_;
  double cosine_ = 0.0;
  double radius_ = 0.0;
};

}  // namespace

SparseSamples unit_samples(Eigen::Index n, double density, Eigen::Index T, std::uint64_t seed) {
  const RandomStream stream{seed, Purpose::training_batch};
  std::uint64_t block = 0;
  std::vector<Eigen::Triplet<double>> entries;
  entries.reserve(std::size_t(double(T) * double(n) * density * 1.1));
  for (Eigen::Index t = 0; t < T; ++t) {
    const std::size_t first = entries.size();
    double power = 0.0;
    while (entries.size() == first) {
      for (double i = -1.0;;) {  // from one feature that is on to the next
        const auto words = stream.block(block++);
        i += 1.0 + std::floor(std::log(open_unit_interval(words[0], words[1])) / std::log1p(-density));
        if (i >= double(n)) break;
        const double value = open_unit_interval(words[2], words[3]);
        entries.emplace_back(int(i), int(t), value);
        power += value * value;
      }
    }
    for (std::size_t k = first; k < entries.size(); ++k)
      entries[k] = {entries[k].row(), entries[k].col(), entries[k].value() / std::sqrt(power)};
  }
  SparseSamples x(n, T);
  x.setFromTriplets(entries.begin(), entries.end());
  return x;
}

Eigen::VectorXd means(const SparseSamples& x) {
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(x.rows());
  for (Eigen::Index t = 0; t < x.cols(); ++t) {
    for (Entry entry(x, t); entry; ++entry) sum[entry.row()] += entry.value();
  }
  return sum / double(x.cols());
}

ToyModel polygon_of_features(const SparseSamples& x, Eigen::Index k) {
  Eigen::VectorXd power = Eigen::VectorXd::Zero(x.rows());
  for (Eigen::Index t = 0; t < x.cols(); ++t) {
    for (Entry entry(x, t); entry; ++entry) power[entry.row()] += entry.value() * entry.value();
  }
  const auto order = sorted_by(x.rows(), [&](Eigen::Index i) { return -power[i]; });
  std::vector<Eigen::Index> number(std::size_t(x.rows()), nobody);
  for (Eigen::Index i = 0; i < k; ++i) number[std::size_t(order[std::size_t(i)])] = i;
  std::vector<double> values;  // of the samples that have one of the k, one after the other
  for (Eigen::Index t = 0; t < x.cols(); ++t) {
    const std::size_t before = values.size();
    for (Entry entry(x, t); entry; ++entry) {
      if (number[std::size_t(entry.row())] == nobody) continue;
      values.resize(before + std::size_t(k), 0.0);
      values[before + std::size_t(number[std::size_t(entry.row())])] = entry.value();
    }
  }
  const Eigen::Map<const Eigen::MatrixXd> part(values.data(), k, Eigen::Index(values.size()) / k);
  const FeatureDistribution law =
      with_data(uniform_features(k, 0.0), std::make_shared<FeatureData>(FeatureData{part, "drawn samples"}));
  const double share = double(part.cols()) / double(x.cols());
  const Objective objective{[&](const ToyModel& polygon) {
                              LossGradient loss = data_loss_gradient(polygon, law);
                              const Eigen::VectorXd idle =
                                  polygon.b.cwiseMax(0.0);  // what other samples make
                              loss.loss = share * loss.loss + (1.0 - share) * idle.squaredNorm();
                              loss.by_W *= share;
                              loss.by_b = share * loss.by_b + 2.0 * (1.0 - share) * idle;
                              return loss;
                            },
                            Eigen::VectorXd::Ones(k)};
  const ToyModel polygon = descend(objective, regular_polygon(k, 1.17, -0.1)).model;
  ToyModel model{Eigen::MatrixXd::Zero(2, x.rows()), means(x)};
  for (Eigen::Index i = 0; i < k; ++i) {
    model.W.col(order[std::size_t(i)]) = polygon.W.col(i);
    model.b[order[std::size_t(i)]] = polygon.b[i];
  }
  return model;
}

MemorisedSamples memorise(const SparseSamples& x, Eigen::Index most, std::uint64_t seed) {
  Memory memory(x, seed);
  memory.choose(most);
  memory.place();
  memory.separate();
  return memory.result();
}

}  // namespace digon
