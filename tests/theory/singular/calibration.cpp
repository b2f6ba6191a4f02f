#include "tests/theory/singular/calibration.hpp"

#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace digon {
namespace {

/// Its exponents, w_i first.
using Monomial = std::vector<int>;

/// "w1^2 w2^4".
Monomial parse_monomial(const std::string& text, std::size_t parameters) {
  Monomial powers(parameters, 0);
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::size_t caret = word.find('^');
    powers.at(std::stoul(word.substr(1, caret - 1)) - 1) = std::stoi(word.substr(caret + 1));
  }
  return powers;
}

SmoothFunction polynomial(const std::string& formula, std::size_t parameters) {
  std::vector<Monomial> monomials;
  for (std::size_t from = 0; from != std::string::npos;) {
    const std::size_t plus = formula.find(" + ", from);
    monomials.push_back(parse_monomial(formula.substr(from, plus - from), parameters));
    from = plus == std::string::npos ? plus : plus + 3;
  }
  return [monomials](Eigen::Map<const Eigen::VectorXd> w, Eigen::Map<Eigen::VectorXd> gradient) {
    gradient.setZero();
    double sum = 0.0;
    for (const Monomial& powers : monomials) {
      const auto product = [&](std::size_t by) {  // its derivative by that parameter; by none where beyond
        double value = 1.0;
        for (std::size_t i = 0; i < powers.size(); ++i) {
          const int power = powers[i] - int(i == by);
          value *= (i == by ? powers[i] : 1) * std::pow(w[Eigen::Index(i)], power);
        }
        return value;
      };
      sum += product(powers.size());
      for (std::size_t i = 0; i < powers.size(); ++i) {
        if (powers[i] > 0) gradient[Eigen::Index(i)] += product(i);
      }
    }
    return sum;
  };
}

SmoothFunction reduced_rank(Eigen::Index M, Eigen::Index N, Eigen::Index H, Eigen::Index r) {
  return [=](Eigen::Map<const Eigen::VectorXd> w, Eigen::Map<Eigen::VectorXd> gradient) {
    const Eigen::MatrixXd A = w.head(H * M).reshaped(H, M);
    const Eigen::MatrixXd B = w.tail(N * H).reshaped(N, H);
    Eigen::MatrixXd error = B * A;
    for (Eigen::Index k = 0; k < r; ++k) error(k, k) -= 1.0;
    gradient.head(H * M) = (2.0 * B.transpose() * error).reshaped();
    gradient.tail(N * H) = (2.0 * error * A.transpose()).reshaped();
    return error.squaredNorm();
  };
}

KnownCoefficient of_row(const std::vector<std::string>& cells) {
  const std::string& formula = cells.at(1);
  const auto parameters = std::stoul(cells.at(2));
  KnownCoefficient known{cells.at(0),
                         {},
                         Eigen::VectorXd::Zero(Eigen::Index(parameters)),
                         std::stod(cells.at(3)),
                         std::stoi(cells.at(4))};
  int M = 0;
  int N = 0;
  int H = 0;
  int r = 0;
  if (std::sscanf(formula.c_str(), "reduced-rank M=%d N=%d H=%d r=%d", &M, &N, &H, &r) == 4) {
    known.loss = reduced_rank(M, N, H, r);
    for (Eigen::Index k = 0; k < r; ++k) known.at[k * H + k] = known.at[H * M + k * N + k] = 1.0;
  } else {
    known.loss = polynomial(formula, parameters);
  }
  return known;
}

}  // namespace

std::vector<KnownCoefficient> known_coefficients() {
  std::ifstream file(DIGON_PAPER_REFS "/learning_coefficients.csv");
  std::string line;
  std::getline(file, line);
  std::vector<KnownCoefficient> all;
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    all.push_back(of_row(cells));
  }
  if (all.empty()) throw std::logic_error("paper_refs/learning_coefficients.csv has no rows");
  return all;
}

KnownCoefficient known_coefficient(const std::string& name) {
  for (KnownCoefficient& known : known_coefficients()) {
    if (known.name == name) return known;
  }
  throw std::logic_error("'" + name + "' is not in paper_refs/learning_coefficients.csv");
}

}  // namespace digon
