#pragma once

#include <string>
#include <vector>

#include "program/experiments/experiment.hpp"

namespace digon {

/// The cells of a sweep in words, what they have in common and what varies: "relu-output; n = 5, m = 2;
/// features uniform [0, 1], independent; importance 0.9^i; density 1, 0.2, 0.1; the best of 8 starts a cell,
/// 10000 steps of adam, batch 1024, learning rate 0.003 (cosine)".
std::string describe_cells(const std::vector<TrainingCell>& cells);

/// The same without the training.
std::string describe_laws(const std::vector<TrainingCell>& cells);

/// What a figure shows, then the settings of all cells, preset and seed.
std::string caption_of(const Experiment& experiment, const FigureFile& figure, const Results& results);

}  // namespace digon
