#pragma once

#include <Eigen/Core>

namespace digon {

// Whether several chains of a sampler tell of one distribution, and how many independent draws theirs are
// worth (vehtari2021). Chains are columns: values [draws × chains], of one number that was watched.
//
// Example: four chains of 1000 independent draws have R̂ = 1.000 and an effective size of about 4000; a fifth
// that rests one standard deviation away makes R̂ 1.08.

/// R̂ of the halves of the chains, of the values' ranks turned normal or of their distances from the median,
/// whichever is larger: near 1 where all halves agree, above 1.01 where they hardly do. Infinite where a
/// chain does not move and others are elsewhere; 1 where no value differs.
double rank_normalised_r_hat(const Eigen::MatrixXd& values);

/// How many independent draws would give the mean as exactly as these: by Geyer's initial monotone sequence
/// of autocorrelations, over the halves of all chains; at most draws·chains·log10(draws·chains), since draws
/// may be better than independent ones. 0 where no value differs.
double effective_sample_size(const Eigen::MatrixXd& values);

/// Of the mean of all values, √(variance / effective_sample_size).
double standard_error_of_chains(const Eigen::MatrixXd& values);

}  // namespace digon
