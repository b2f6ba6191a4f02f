#pragma once

#include <Eigen/Core>
#include <vector>

namespace digon {

// A sparse x [n] from h = Wx, W [m×n]: compressed sensing. Each decoder is deterministic; W's columns need
// not be of one length, and may be 0 or parallel.

/// What is known of the entries of x.
enum class Signs { nonnegative, any };

/// min ‖h − Wx‖ over x ≥ 0, by Lawson and Hanson's active sets (lawson1974, ch. 23).
///
/// Where W maps the x ≥ 0 onto all of R^m, as a Gaussian W with n > 2m does nearly always, many x ≥ 0 give h
/// exactly: of those this is the one it comes to by choosing columns greedily, which is often the sparsest.
///
/// Example: W = (1 −1), h = 2: x = (2, 0).
Eigen::VectorXd nonnegative_least_squares(const Eigen::MatrixXd& W, const Eigen::VectorXd& h);

/// By how much x misses the conditions of that minimum (Kuhn and Tucker): x_i ≥ 0, g_i = w_i·(h − Wx) ≤ 0,
/// and x_i g_i = 0; as the greatest of −x_i ‖w_i‖/‖h‖, g_i/(‖w_i‖‖h‖), and |g_i|/(‖w_i‖‖h‖) where x_i > 0. 0
/// at a minimum, for h ≠ 0.
double nonnegative_violation(const Eigen::MatrixXd& W, const Eigen::VectorXd& h, const Eigen::VectorXd& x);

/// The least ‖x‖₁ of the x, or x ≥ 0, with Wx = h, and why there is no lower one: ν [m] has |w_i·ν| ≤ 1 (of
/// x ≥ 0, w_i·ν ≤ 1), so that h·ν = Σ x_i w_i·ν ≤ ‖x‖₁ for every such x, with equality at this one.
struct L1Solution {
  Eigen::VectorXd x;
  Eigen::VectorXd dual;  ///< ν
};

/// By the homotopy of osborne2000: the minimiser of ½‖h − Wx‖² + λ‖x‖₁ is linear in λ between the λ at which
/// an entry comes or goes, and is followed from λ = max |w_i·h|, where it is 0, down to 0. Where no x ≥ 0
/// gives h it ends at one that comes nearest.
///
/// Example: W = (1 0 1; 0 1 1), h = (1, 1): x = (0, 0, 1), ν = (½, ½).
L1Solution least_l1(const Eigen::MatrixXd& W, const Eigen::VectorXd& h, Signs signs);

/// By how much it misses what proves it optimal: the greatest of ‖h − Wx‖/‖h‖, what |w_i·ν| (w_i·ν) is above
/// 1, what x_i is below 0 in units of ‖x‖₁ where it must not be, and | ‖x‖₁ − h·ν |/‖x‖₁. For h ≠ 0.
double l1_violation(const Eigen::MatrixXd& W, const Eigen::VectorXd& h, const L1Solution& found, Signs signs);

/// Orthogonal matching pursuit (pati1993): the column of the greatest w_i·r, r what is left of h, is taken
/// (of either sign, |w_i·r|), then all taken are fitted anew, by least squares or its minimum over x ≥ 0; at
/// most k times, or until less than 1e-10 of h is left.
Eigen::VectorXd orthogonal_matching_pursuit(const Eigen::MatrixXd& W, const Eigen::VectorXd& h,
                                            Eigen::Index k, Signs signs);

/// The x with only those entries, nearest to `mean` in each, among those that come nearest to h: given the
/// support S and entries independent with that mean and one variance, no affine decoder has a lower mean
/// squared error. Exact where W_S has independent columns and h = Wx.
Eigen::VectorXd recover_on_support(const Eigen::MatrixXd& W, const Eigen::VectorXd& h,
                                   const std::vector<Eigen::Index>& support, double mean);

}  // namespace digon
