#include "empirical/training/batch_gradient.hpp"

#include <algorithm>
#include <cmath>

#include "empirical/training/tile_product.hpp"

namespace digon {
namespace {

template <typename Scalar>
Eigen::Index padded(Eigen::Index n) {
  constexpr Eigen::Index lanes = lanes_of<Scalar>;
  return (n + lanes - 1) / lanes * lanes;
}

template <typename Scalar>
Simd<Scalar> magnitude(const Simd<Scalar>& x) {
  return x > Scalar(0) ? x : -x;
}

}  // namespace

template <typename Scalar>
BatchGradient<Scalar>::BatchGradient(ModelKind kind, const Eigen::VectorXd& importance, Eigen::Index hidden,
                                     double hidden_l1)
    : kind_(kind),
      hidden_l1_(Scalar(hidden_l1)),
      importance_(importance.cast<Scalar>()),
      h_(tile_samples, hidden),
      delta_(tile_samples, importance.size()),
      back_(tile_samples, hidden),
      gathered_(Tile<Scalar>::Zero(tile_samples, importance.size())),
      by_hidden_(hidden >= lanes),
      stride_(padded<Scalar>(hidden)),
      gradient_(kind, hidden, importance.size()) {
  const Eigen::Index copies = is_tied(kind) ? 1 : 2;
  if (by_hidden_) {
    sums_.setZero(stride_, copies * importance.size());
    h_rows_.setZero(stride_, tile_samples);
    back_rows_.setZero(stride_, tile_samples);
  } else {
    sums_.setZero(lanes, copies * hidden * importance.size());
  }
  bias_sums_.setZero(lanes, importance.size());
}

template <typename Scalar>
void BatchGradient<Scalar>::begin(const Parameters<Scalar>& weights) {
  weights_ = &weights;
  if (tiles_added_) {
    sums_.setZero();
    bias_sums_.setZero();
  }
  tiles_added_ = false;
  loss_ = 0.0;
  zero_samples_ = 0.0;
  gram_ready_ = false;
}

template <typename Scalar>
void BatchGradient<Scalar>::add_tile(const Tile<Scalar>& x) {
  tiles_added_ = true;
  forward(x);
  backward(x);
  loss_ += double(sample_loss_.sum());
}

template <typename Scalar>
const Eigen::Array<Scalar, tile_samples, 1>& BatchGradient<Scalar>::tile_loss(const Tile<Scalar>& x) {
  forward(x);
  return sample_loss_;
}

template <typename Scalar>
void BatchGradient<Scalar>::forward(const Tile<Scalar>& x) {
  const Parameters<Scalar>& weights = *weights_;
  const Eigen::Index m = weights.m;
  const bool hidden_relu = has_relu_hidden(kind_);
  multiply_tile<Scalar>(
      x, {weights.values.data(), 1, m}, m,
      [&](Eigen::Index a, Eigen::Index count, Eigen::Index sample, const Simd<Scalar>* sum) {
        for (const Eigen::Index end = a + count; a < end; ++a, ++sum) {
          put_simd(&h_(sample, a), hidden_relu ? positive_part<Scalar>(*sum) : *sum);
        }
      });
  sample_loss_.setZero();
  if (hidden_l1_ != Scalar(0)) {
    for (Eigen::Index a = 0; a < m; ++a) {
      for (Eigen::Index sample = 0; sample < tile_samples; sample += lanes) {
        add_simd(&sample_loss_[sample], hidden_l1_ * magnitude<Scalar>(simd_at(&h_(sample, a))));
      }
    }
  }
  const bool output_relu = has_relu_output(kind_);
  const bool absolute = kind_ == ModelKind::absolute_value;
  const Scalar* bias = weights.b().data();
  multiply_tile<Scalar>(
      h_, {weights.decoder().data(), m, 1}, weights.n,
      [&](Eigen::Index j, Eigen::Index count, Eigen::Index sample, const Simd<Scalar>* sum) {
        Simd<Scalar> loss = simd_at(&sample_loss_[sample]);
        for (const Eigen::Index end = j + count; j < end; ++j, ++sum) {
          const Simd<Scalar> z = *sum + bias[j];
          const Simd<Scalar> x_j = simd_at(&x(sample, j));
          const Simd<Scalar> target = absolute ? magnitude<Scalar>(x_j) : x_j;
          const Simd<Scalar> output = output_relu ? positive_part<Scalar>(z) : z;
          const Simd<Scalar> weighted = importance_[j] * (output - target);
          loss += weighted * (output - target);
          const Simd<Scalar> delta = weighted + weighted;
          put_simd(&delta_(sample, j), !output_relu || z > Scalar(0) ? delta : Simd<Scalar>{});
        }
        put_simd(&sample_loss_[sample], loss);
      });
}

template <typename Scalar>
void BatchGradient<Scalar>::backward(const Tile<Scalar>& x) {
  const Parameters<Scalar>& weights = *weights_;
  const Eigen::Index m = weights.m;
  const Eigen::Index n = weights.n;
  const bool hidden_relu = has_relu_hidden(kind_);
  multiply_tile<Scalar>(
      delta_, {weights.decoder().data(), 1, m}, m,
      [&](Eigen::Index a, Eigen::Index count, Eigen::Index sample, const Simd<Scalar>* sum) {
        for (const Eigen::Index end = a + count; a < end; ++a, ++sum) {
          const Simd<Scalar> open = simd_at(&h_(sample, a));
          const Simd<Scalar> none{};
          const Simd<Scalar> pull = none + hidden_l1_;
          if (hidden_relu) {
            put_simd(&back_(sample, a), open > Scalar(0) ? *sum + pull : none);
          } else {
            put_simd(&back_(sample, a),
                     *sum + (open > Scalar(0) ? pull : none) - (open < Scalar(0) ? pull : none));
          }
        }
      });
  if (by_hidden_) {
    transpose_tile<Scalar>(h_, stride_, h_rows_.data());
    transpose_tile<Scalar>(back_, stride_, back_rows_.data());
  }
  const auto add = [&]<int terms>(const OuterTerm<Scalar>(&term)[terms], Scalar* sums) {
    if (by_hidden_) {
      add_outer_products_by_hidden<Scalar, terms>(term, stride_, n, sums);
    } else {
      add_outer_products<Scalar, terms>(term, m, n, sums);
    }
  };
  const OuterTerm<Scalar> of_encoder{by_hidden_ ? back_rows_.data() : back_.data(), x.data()};
  const OuterTerm<Scalar> of_decoder{by_hidden_ ? h_rows_.data() : h_.data(), delta_.data()};
  if (is_tied(kind_)) {
    add({of_encoder, of_decoder}, sums_.data());
  } else {
    add({of_encoder}, sums_.data());
    add({of_decoder}, sums_.col(sums_.cols() / 2).data());
  }
  for (Eigen::Index j = 0; j < n; ++j) {
    Simd<Scalar> sum = simd_at(&bias_sums_(0, j));
    for (Eigen::Index sample = 0; sample < tile_samples; sample += lanes) sum += simd_at(&delta_(sample, j));
    put_simd(&bias_sums_(0, j), sum);
  }
}

template <typename Scalar>
void BatchGradient<Scalar>::add_samples(const ActiveSamples& samples) {
  zero_samples_ += double(samples.zero_samples);
  if (gram_is_cheaper(samples)) {
    add_by_gram(samples);
  } else {
    add_gathered(samples);
  }
}

/// Estimated cost in vector operations; the constants were fitted to bench/training_bench.
template <typename Scalar>
bool BatchGradient<Scalar>::gram_is_cheaper(const ActiveSamples& samples) const {
  if (!is_tied(kind_) || has_relu_hidden(kind_) || hidden_l1_ != Scalar(0)) return false;
  const auto n = double(importance_.size());
  const auto m = double(weights_->m);
  const auto count = double(samples.samples());
  const auto entries = double(samples.feature.size());
  const double vectors = double(padded<Scalar>(importance_.size())) / double(lanes);
  const double gram = vectors * (4.0 * entries + 10.0 * count) + 3.0 * n * n * m / double(lanes);
  const double gathered = 5.0 * n * m * count / double(lanes) + 2.0 * entries;
  return gram < gathered;
}

template <typename Scalar>
void BatchGradient<Scalar>::add_gathered(const ActiveSamples& samples) {
  for (std::size_t first = 0; first < samples.samples(); first += std::size_t(tile_samples)) {
    const std::size_t last = std::min(first + std::size_t(tile_samples), samples.samples());
    const auto entries = [&](auto put) {
      for (std::size_t k = first; k < last; ++k) {
        for (std::uint32_t e = samples.begin[k]; e < samples.begin[k + 1]; ++e) {
          gathered_(Eigen::Index(k - first), samples.feature[e]) = put(e);
        }
      }
    };
    entries([&](std::uint32_t e) { return Scalar(samples.value[e]); });
    add_tile(gathered_);
    entries([](std::uint32_t) { return Scalar(0); });
    // The samples that fill up the last tile are zero samples too many.
    zero_samples_ -= double(std::size_t(tile_samples) - (last - first));
  }
}

template <typename Scalar>
void BatchGradient<Scalar>::add_by_gram(const ActiveSamples& samples) {
  const Parameters<Scalar>& weights = *weights_;
  const Eigen::Index n = weights.n;
  const Eigen::Index size = padded<Scalar>(n);
  if (!gram_ready_) {
    gram_.setZero(size, n);
    gram_.topRows(n).matrix().noalias() = weights.W().transpose() * weights.W();
    cross_.setZero(size, n);
    delta_sum_.setZero(size);
    target_.setZero(size);
    sample_delta_.setZero(size);
    padded_bias_.setZero(size);
    padded_bias_.head(n) = weights.b().array();
    padded_importance_.setZero(size);
    padded_importance_.head(n) = importance_;
    gram_ready_ = true;
  }
  const bool output_relu = has_relu_output(kind_);
  Simd<Scalar> losses{};
  for (std::size_t k = 0; k < samples.samples(); ++k) {
    const std::uint32_t begin = samples.begin[k];
    const std::uint32_t end = samples.begin[k + 1];
    for (std::uint32_t e = begin; e < end; ++e) target_[samples.feature[e]] = Scalar(samples.value[e]);
    for (Eigen::Index j = 0; j < size; j += lanes) {
      Simd<Scalar> z = simd_at(&padded_bias_[j]);
      for (std::uint32_t e = begin; e < end; ++e) {
        z += Scalar(samples.value[e]) * simd_at(&gram_(j, samples.feature[e]));
      }
      const Simd<Scalar> output = output_relu ? positive_part<Scalar>(z) : z;
      const Simd<Scalar> residual = output - simd_at(&target_[j]);
      const Simd<Scalar> weighted = simd_at(&padded_importance_[j]) * residual;
      losses += weighted * residual;
      const Simd<Scalar> both = weighted + weighted;
      const Simd<Scalar> delta = !output_relu || z > Scalar(0) ? both : Simd<Scalar>{};
      add_simd(&delta_sum_[j], delta);
      for (std::uint32_t e = begin; e < end; ++e) {
        add_simd(&cross_(j, samples.feature[e]), Scalar(samples.value[e]) * delta);
      }
    }
    for (std::uint32_t e = begin; e < end; ++e) target_[samples.feature[e]] = Scalar(0);
  }
  for (Eigen::Index k = 0; k < lanes; ++k) loss_ += double(losses[k]);
}

/// x = 0: h = 0 and z = b.
template <typename Scalar>
void BatchGradient<Scalar>::add_zero_samples(double count) {
  if (count == 0.0) return;
  for (Eigen::Index j = 0; j < weights_->n; ++j) {
    const auto bias = double(weights_->b()[j]);
    const double output = has_relu_output(kind_) ? std::max(bias, 0.0) : bias;
    loss_ += count * double(importance_[j]) * output * output;
    gradient_.b()[j] += Scalar(count * 2.0 * double(importance_[j]) * output);
  }
}

template <typename Scalar>
void BatchGradient<Scalar>::finish() {
  gradient_.values.setZero();
  if (tiles_added_) {
    const Eigen::Index m = weights_->m;
    if (by_hidden_) {
      for (Eigen::Index j = 0; j < sums_.cols(); ++j) {
        gradient_.values.segment(j * m, m) = sums_.col(j).head(m).matrix();
      }
    } else {
      gradient_.values.head(sums_.cols()) = sums_.colwise().sum().transpose().matrix();
    }
    gradient_.b() = bias_sums_.colwise().sum().transpose().matrix();
  }
  if (gram_ready_) {
    const Eigen::Index n = weights_->n;
    const auto C = cross_.topRows(n).matrix();
    gradient_.W().noalias() += weights_->W() * (C + C.transpose());
    gradient_.b() += delta_sum_.head(n).matrix();
  }
  add_zero_samples(zero_samples_);
}

template class BatchGradient<float>;
template class BatchGradient<double>;

}  // namespace digon
