#pragma once

#include "program/study/study.hpp"

namespace digon {

/// The options of a study's cells are those of the commands: n and m, the law, the kind of model, its
/// training, the penalty; and what one feature has besides, -of-K.
CellVocabulary cell_vocabulary();

}  // namespace digon
